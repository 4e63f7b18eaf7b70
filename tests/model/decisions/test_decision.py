import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.decisions.decision import Decision, Thresholds, decide, decide_scan
from model.errors import ReleaseError

LINES = Thresholds(rule_out=0.3, rule_in=0.7, distance=2.0)
shares = st.floats(0.0, 1.0)


@pytest.mark.parametrize(
    ("score", "distance", "expected"),
    [
        (0.0, 0.0, Decision.NOT_FRACTURED),
        (0.2999, 2.0, Decision.NOT_FRACTURED),
        (0.3, 1.0, Decision.UNCERTAIN),
        (0.6999, 1.0, Decision.UNCERTAIN),
        (0.7, 1.0, Decision.FRACTURED),
        (1.0, 2.0, Decision.FRACTURED),
        (0.99, 2.0001, Decision.ABSTAINED),
        (0.01, 2.0001, Decision.ABSTAINED),
    ],
)
def test_lines_belong_to_the_graver_side(score, distance, expected):
    assert expected == decide(score, distance, LINES)


def test_nothing_is_uncertain_where_the_lines_meet():
    lines = Thresholds(0.5, 0.5, 1.0)

    assert {Decision.FRACTURED, Decision.NOT_FRACTURED} == {decide(s / 100, 0.0, lines) for s in range(101)}


@pytest.mark.parametrize(("score", "distance"), [(math.nan, 1.0), (0.5, math.nan), (0.5, math.inf)])
def test_what_is_not_finite_has_no_decision(score, distance):
    with pytest.raises(ValueError, match="not finite"):
        decide(score, distance, LINES)


@pytest.mark.parametrize(
    "lines", [(0.7, 0.3, 1.0), (0.0, 0.5, 1.0), (0.5, 1.0, 1.0), (0.3, 0.7, 0.0), (0.3, 0.7, math.inf)]
)
def test_thresholds_out_of_order_are_refused(lines):
    with pytest.raises(ReleaseError, match="no order of decisions"):
        Thresholds(*lines)


def test_a_scan_takes_the_gravest_frame_and_the_highest_probability_of_its_kind():
    frames = [
        (Decision.NOT_FRACTURED, 0.1),
        (Decision.UNCERTAIN, 0.4),
        (Decision.ABSTAINED, 0.99),
        (Decision.UNCERTAIN, 0.5),
    ]

    assert decide_scan(frames) == (Decision.UNCERTAIN, 0.5)


def test_the_order_is_that_of_the_design():
    order = ["fractured", "uncertain", "abstained", "not_fractured"]

    assert order == [decide_scan([(Decision(name), 0.5) for name in order[i:]])[0] for i in range(4)]


@given(st.lists(st.tuples(st.sampled_from(Decision), shares), min_size=1))
def test_a_scan_says_what_one_of_its_frames_says(frames):
    assert decide_scan(frames) in frames


def test_a_scan_without_frames_is_refused():
    with pytest.raises(ValueError, match="without frames"):
        decide_scan([])
