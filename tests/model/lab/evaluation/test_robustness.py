import numpy as np
import pytest
from PIL import Image

from model.lab.dataset.examples import DatasetError, Example
from model.lab.evaluation.perturb import AS_IT_IS, perturbations
from model.lab.evaluation.robustness import one_file_each, perturbed_tables, read_picture, robustness
from tests.support.brightness import Brightness
from tests.support.scored import example


@pytest.fixture
def examples(tmp_path):
    """Landscapes whose fractured ones are bright in the middle."""
    found = []
    for index in range(6):
        values = np.full((200, 300), 40, np.uint8)
        values[70:130, 110:190] = 230 if index % 2 else 60
        path = tmp_path / f"{index}.png"
        Image.fromarray(values).save(path)
        found.append(Example(path, str(index) * 64, index % 2, f"s{index}", f"p{index}", "clinic"))
    return found


def test_what_does_not_touch_the_middle_changes_nothing_and_polarity_everything(examples):
    reported = []
    tables = perturbed_tables(
        Brightness(), examples, progress=lambda done, total: reported.append((done, total))
    )
    found = {one.name: one for one in robustness(tables, draws=50)}

    assert list(found) == list(perturbations())
    assert (reported[0], reported[-1]) == ((0, 6), (6, 6))
    assert found[AS_IT_IS].balanced_accuracy.value == 1.0
    for name in ("corners masked", "padding noise", "padding grey", "rotated 90", "upside down"):
        assert found[name].change.value == 0.0, name
        assert found[name].mean_shift < 0.01, name
    assert found["wrong polarity"].change.value == -1.0
    assert found["wrong polarity"].balanced_accuracy.value == 0.0
    assert found["wrong polarity"].mean_shift > 0.5
    assert found["wrong polarity"].abstained.value == 0.0


def test_one_file_a_source():
    copies = [example(f"{index}", 1, source="s") for index in range(20)]
    chosen = {one_file_each([*copies, example("z", 0)], seed) for seed in range(10)}

    assert {len(one) for one in chosen} == {2}
    assert len({one[0].path for one in chosen}) > 2
    assert one_file_each(copies, 3) == one_file_each(copies[::-1], 3)


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        read_picture(Example(tmp_path / "no.png", "a" * 64, 1, "s", "p", "clinic"))
