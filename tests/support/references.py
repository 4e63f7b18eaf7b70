"""What a release knows of its own scans, for tests in which only that there is something matters."""

from model.drift.appearance import PICTURE_MEASURES
from model.drift.reference import make_reference


def small_reference():
    """Give the reference of forty scans, a half of each label."""
    labels = ["fractured", "not_fractured"] * 20
    scores = [
        0.9 - number / 200 if label == "fractured" else number / 200 for number, label in enumerate(labels)
    ]
    pictures = [dict.fromkeys(PICTURE_MEASURES, number / 40) for number in range(40)]
    return make_reference(labels, labels, scores, pictures)
