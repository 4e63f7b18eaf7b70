from pathlib import Path

import numpy as np
import pytest

from model.lab.audit.style import STYLE_FEATURES
from model.lab.audit.style_floor import style_floor, style_out_of_fold
from model.lab.dataset.examples import DatasetError, Example
from model.lab.dataset.folds import folds_by_unit
from model.lab.statistics.metrics import auroc

pytest.importorskip("sklearn")


def collection(tell, count=40):
    """Give examples, three files a fifth source, whose style tells the label with a strength."""
    rng = np.random.default_rng(1)
    examples, features = [], []
    for n in range(count):
        for copy in range(3 if n % 5 == 0 else 1):
            provenance = "web" if n % 4 < 2 else "clinic"
            examples.append(Example(Path(), f"{n:03}-{copy}", n % 2, f"s{n}", f"p{n // 2}", provenance))
            features.append(rng.normal(0, 1, len(STYLE_FEATURES)) + tell * (n % 2))
    return examples, np.stack(features)


def test_style_that_tells_the_label_has_a_high_floor_everywhere():
    floors = style_floor(*collection(tell=2.0))
    assert set(floors) == {"all", "clinic", "web"}
    assert min(floor.auroc.value for floor in floors.values()) > 0.95
    assert (floors["all"].fractured, floors["all"].not_fractured) == (20, 20)


def test_style_that_tells_nothing_has_a_floor_of_a_half():
    floor = style_floor(*collection(tell=0.0))["all"]
    assert floor.auroc.low < 0.5 < floor.auroc.high


def test_folds_from_outside_are_kept():
    """A fold whose labels are turned round is scored by what the others say, so it scores below a half."""
    examples, features = collection(tell=2.0)
    folds = np.array(folds_by_unit(examples, 4))
    labels = np.array([example.label for example in examples])
    features[folds == 2] = 2.0 - features[folds == 2]
    scores = style_out_of_fold(examples, folds, features)
    ones = np.ones(len(labels))
    within = [auroc(scores[folds == n], labels[folds == n], ones[folds == n]) for n in range(4)]
    assert within[2] < 0.1
    assert min(within[0], within[1], within[3]) > 0.9


def test_the_same_seed_gives_the_same_scores():
    examples, features = collection(tell=0.5)
    folds = folds_by_unit(examples, 4)
    assert np.array_equal(
        style_out_of_fold(examples, folds, features), style_out_of_fold(examples, folds, features)
    )


def test_a_fold_that_leaves_one_class_is_an_error():
    examples, features = collection(tell=1.0)
    with pytest.raises(DatasetError, match="one class"):
        style_out_of_fold(examples, [example.label for example in examples], features)
