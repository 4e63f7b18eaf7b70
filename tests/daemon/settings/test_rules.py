import pytest

from daemon.settings.rules import Rule, parse_rule, rules
from storage.study import study_of
from tests.support.study_rows import row


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fractured", Rule("fractured")),
        (" uncertain >= 0.4 ", Rule("uncertain", 0.4)),
        ("fractured@Maker X", Rule("fractured", 0.0, "Maker X")),
        ("any>=0.5@room 7", Rule("any", 0.5, "room 7")),
        ("incomplete", Rule("incomplete")),
    ],
)
def test_a_rule_is_a_decision_a_probability_and_a_device(text, expected):
    assert parse_rule(text) == expected


@pytest.mark.parametrize(
    "text", ["", "broken", "fractured>0.4", "fractured>=", "fractured>=1.5", "fractured>=."]
)
def test_what_is_none_is_refused(text):
    with pytest.raises(ValueError, match="wanted"):
        rules(("any", text))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("fractured", True),
        ("fractured>=0.9", True),
        ("fractured>=0.91", False),
        ("uncertain@room 7", True),
        ("fractured@room 7", False),
        ("fractured@MAKER", True),
        ("not_fractured", False),
        ("any>=0.89", True),
        ("any@other", False),
        ("failed", False),
        ("incomplete", False),
    ],
)
def test_a_rule_holds_for_a_study_if_it_holds_for_one_of_its_scans(text, holds):
    study = study_of("1.2", [row(1, "fractured", 0.9), row(2, "uncertain", 0.4, station_name="Room 7")])
    assert parse_rule(text).matches(study) is holds


def test_incomplete_is_what_failed_was_abstained_from_or_waits():
    whole, lacking = (study_of("1.2", [row(1, answer)]) for answer in ("fractured", "abstained"))
    assert not parse_rule("incomplete").matches(whole)
    assert parse_rule("incomplete").matches(whole, waiting=1)
    assert parse_rule("incomplete").matches(lacking)
    assert parse_rule("failed").matches(study_of("1.2", [row(1, "failed")]))
