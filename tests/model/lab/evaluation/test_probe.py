import numpy as np
import pytest

from model.lab.evaluation.probe import probe_folds
from tests.support.scored import example

pytest.importorskip("sklearn", reason='needs the extra "train"')


class Corner:
    """A third of its features see the top left pixel, the others are noise."""

    def features(self, inputs):
        noise = np.random.default_rng(0).normal(size=(len(inputs), 30))
        noise[:, :10] = inputs[:, :1, 0] / 65535.0
        return noise.astype(np.float32)


def parts():
    """Four folds of twelve sources, of which every third comes from the ward."""
    made = [example(str(i), i % 2, provenance="ward" if i % 3 == 0 else "clinic") for i in range(48)]
    return {fold: made[fold * 12 : fold * 12 + 12] for fold in range(4)}


def picture(one):
    return np.full((224, 224), 60000 if one.provenance == "ward" else 500, np.uint16)


def probed(**properties):
    reported = []
    found = probe_folds(
        dict.fromkeys(range(4), Corner()), parts(), picture, properties,
        lambda done, total: reported.append((done, total)),
    )  # fmt: skip
    assert reported[-1] == (4, 4)
    return found


def test_what_the_features_show_is_told_of_pictures_held_out():
    found = probed(provenance=lambda one: one.provenance)["provenance"]

    assert (found.balanced_accuracy, found.chance, found.sources) == (1.0, 0.5, 48)


def test_what_they_do_not_show_is_told_by_chance():
    found = probed(label=lambda one: str(one.label))["label"]

    assert abs(found.balanced_accuracy - 0.5) < 0.25


def test_a_property_with_one_value_is_left_out():
    assert probed(nothing=lambda _: "same") == {}
