from datetime import UTC, datetime

import pytest
import typer

from daemon.cli.arguments import completing, counted, known_word, parse_time, tell_reasons
from daemon.spool.reasons import REASONS_IN_PLACE


def test_a_word_that_no_row_has_is_refused_and_the_others_are_named():
    assert known_word("--outcome", None, ("classified", "failed")) is None
    assert known_word("--outcome", "failed", ("classified", "failed")) == "failed"
    with pytest.raises(typer.BadParameter, match="classified, failed"):
        known_word("--outcome", "fialed", ("classified", "failed"))


@pytest.mark.parametrize("typed", ["Not fractured", "not-fractured", " NOT_FRACTURED"])
def test_a_word_may_be_written_as_people_do(typed):
    assert known_word("--decision", typed, ("fractured", "not_fractured")) == "not_fractured"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T08:00:00Z", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        (" 2026-11-23T09:00:00+01:00 ", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-11-23 08:00", datetime(2026, 11, 23, 8).astimezone()),
        ("2026-11-23", datetime(2026, 11, 23).astimezone()),
    ],
)
def test_a_time_without_a_zone_is_local(text, expected):
    assert parse_time(text) == expected
    assert parse_time(text).tzinfo is not None


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "0001-01-01T00:00:00+23:59"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(typer.BadParameter, match="2026-11-23"):
        parse_time(text)


@pytest.mark.parametrize(("number", "expected"), [(0, "0 scans"), (1, "1 scan"), (2, "2 scans")])
def test_what_is_counted_is_one_or_many(number, expected):
    assert counted(number, "scan") == expected


def test_reasons_are_told_once_each_on_stderr(capfd):
    tell_reasons({"truncated", "empty_file"})
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == [f"{code}: {REASONS_IN_PLACE[code]}" for code in ("empty_file", "truncated")]


def test_a_fixed_word_is_completed_from_its_beginning():
    complete = completing(("fractured", "failed", "uncertain"))
    assert complete("f") == ["fractured", "failed"]
    assert complete("") == ["fractured", "failed", "uncertain"]
    assert complete("x") == []
