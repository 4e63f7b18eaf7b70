"""A wrong label on a film is a find; what says nothing is none.

Break it: let `contradicts` compare the two names themselves.
"""

import pytest

from daemon.pipeline.regions import contradicts


@pytest.mark.parametrize(
    ("body_part", "region"),
    [("HAND", "leg"), ("knee ", "hand"), ("SHOULDER", "hip"), ("PELVIS", "shoulder"), ("FEMUR", "hand")],
)
def test_another_part_of_the_body_contradicts(body_part, region):
    assert contradicts(body_part, region)


@pytest.mark.parametrize(
    ("body_part", "region"),
    [
        ("HAND", "hand"),
        ("WRIST", "hand"),
        ("FEMUR", "hip"),
        ("FEMUR", "leg"),
        ("HUMERUS", "shoulder"),
        ("HAND", "several"),
        ("HAND", "other"),
        ("HAND", None),
        (None, "leg"),
        ("CHEST", "leg"),
        ("EXTREMITY", "leg"),
    ],
)
def test_what_may_be_the_same_or_says_nothing_does_not(body_part, region):
    assert not contradicts(body_part, region)
