"""A network outside of a release, on an engine that anyone can follow; a real one: `test_fold_networks`."""

from types import SimpleNamespace

import numpy as np
import pytest

from model.decisions.calibration import Calibration
from model.decisions.decision import Decision, Thresholds
from model.errors import ReleaseError
from model.lab.evaluation.unreleased import UnreleasedClassifier

THRESHOLDS = Thresholds(rule_out=0.3, rule_in=0.7, distance=5.0)


class Mean:
    """An engine whose logit is the mean brightness less a half, times 8; it notes how many it is given."""

    def __init__(self):
        self.asked = []

    def evaluate(self, inputs):
        self.asked.append(len(inputs))
        mean = inputs.reshape(len(inputs), -1).mean(axis=1, keepdims=True)
        return SimpleNamespace(
            logit=8 * (mean - 0.5),
            features=np.repeat(mean, 3, axis=1),
            heat_map=np.zeros((len(inputs), 7, 7)),
        )


class FarWhereDark:
    """A judge to whom dark pictures are strange."""

    output = "features"

    def distance(self, features):
        return np.where(features[:, 0] < 0.1, 9.0, 1.0)


@pytest.fixture
def classifier():
    return UnreleasedClassifier(Mean(), FarWhereDark(), Calibration(2.0, 0.0, 0.5), THRESHOLDS)


def inputs(*brightness):
    return np.stack([np.full((224, 224), round(65535 * one), np.uint16) for one in brightness])


def test_calibration_lines_and_distance_are_the_ones_given(classifier):
    bright, middle, dark = classifier.classify(inputs(1.0, 0.5, 0.0))

    assert bright.score == pytest.approx(1 / (1 + np.exp(-8.0)), abs=1e-3)  # the slope doubles the logit of 4
    assert [one.decision for one in (bright, middle, dark)] == [
        Decision.FRACTURED,
        Decision.UNCERTAIN,
        Decision.ABSTAINED,
    ]
    assert dark.distance == 9.0


def test_features_come_in_batches_and_in_order(classifier):
    found = classifier.features(inputs(*np.linspace(0, 1, 35)))

    assert classifier._engine.asked == [16, 16, 3]
    assert found.shape == (35, 3)
    assert np.all(np.diff(found[:, 0]) > 0)


def test_there_is_no_release_to_name(classifier):
    with pytest.raises(ReleaseError, match="belongs to no release"):
        _ = classifier.release
