import numpy as np

from daemon.execution.classify import classify_scans
from tests.support.stub import StubClassifier


def scan(*grey):
    """Give a scan with a frame for each level of grey, 0 to 1."""
    return np.stack([np.full((224, 224), level * 65535, np.uint16) for level in grey])


def decisions(predictions):
    return [prediction and prediction.decision.value for prediction in predictions]


def test_scans_of_a_batch_do_not_mix_and_those_without_pictures_see_no_network():
    classifier = StubClassifier()
    found = classify_scans(classifier, [scan(0.9), None, scan(0.1, 0.2), scan(0.8, 0.9, 0.1)], 4)
    assert [decisions(one) for one in found] == [
        ["fractured"],
        [],
        ["not_fractured", "not_fractured"],
        ["fractured", "fractured", "not_fractured"],
    ]
    assert classifier.seen == [4, 2]


def test_a_batch_without_pictures_asks_nobody():
    classifier = StubClassifier()
    assert classify_scans(classifier, [None, None], 4) == [[], []]
    assert classifier.seen == []


def test_a_frame_without_a_finite_number_has_no_prediction():
    (found,) = classify_scans(StubClassifier(nan_above=0.95), [scan(0.1, 1.0)], 4)
    assert decisions(found) == ["not_fractured", None]


def test_outputs_of_a_wrong_shape_are_no_predictions():
    found = classify_scans(StubClassifier(broken=True), [scan(0.9), scan(0.1)], 4)
    assert found == [[None], [None]]
