"""A classifier without a network, for tests in which only the plumbing matters."""

from pathlib import Path

import numpy as np

from model.classifier import Prediction
from model.decisions.calibration import Calibration
from model.decisions.decision import Thresholds, decide
from model.errors import BadNetworkOutput
from model.network_shape import NetworkShape
from model.release import Release
from storage.records import ModelRecord
from tests.support.references import small_reference


def stub_release(sha256="c" * 64, prevalence=0.5):
    """Give a release that lies nowhere."""
    return Release(
        name="inboxray-stub",
        version=f"0.0.1+{sha256[:4]}",  # the ledger tells models apart by name and version
        path=Path("nowhere"),
        sha256=sha256,
        classes=("not_fractured", "fractured"),
        thresholds=Thresholds(rule_out=0.3, rule_in=0.7, distance=5.0),
        calibration=Calibration(slope=1.0, intercept=0.0, prevalence=prevalence),
        pipeline_version="1",
        training_digest="d" * 64,
        files={},
        network_file="network.tflite",
        weights_file="network.weights.h5",
        abstention_file="abstention.npz",
        shape=NetworkShape(),
        training={},
        reference=small_reference(),
    )


def model_record(release):
    """Give what the ledger must know of a release before a scan names it."""
    return ModelRecord(name=release.name, version=release.version, sha256=release.sha256)


class StubClassifier:
    """Score a picture by its mean: the brighter, the more fractured.

    Parameters
    ----------
    release : Release
    nan_above : float
        A picture with a higher mean, in [0, 1], gets no prediction, as if the network had said NaN.
    broken : bool
        The outputs have the wrong shape.
    error : BaseException or None
        What it raises instead of an answer.
    """

    input_size = 224

    def __init__(self, release=None, *, nan_above=2.0, broken=False, error=None):
        self.error = error
        self.release = release or stub_release()
        self.seen = []
        self.nan_above = nan_above
        self.broken = broken

    def classify(self, inputs):
        assert inputs.dtype == np.uint16
        assert inputs.shape[1:] == (224, 224)
        self.seen.append(len(inputs))
        if self.error is not None:
            raise self.error
        if self.broken:
            raise BadNetworkOutput("outputs of the wrong shape")
        return [self._predict(picture) for picture in inputs]

    def _predict(self, picture):
        score = float(picture.mean() / 65535)
        if score > self.nan_above:
            return None
        decision = decide(score, 1.0, self.release.thresholds)
        return Prediction(2 * score - 1, score, 1.0, decision, np.full((7, 7), score, np.float32))
