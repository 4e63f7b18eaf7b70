from datetime import UTC, datetime

from daemon.cli.short_rows import SHORT_COLUMNS, in_short

ROW = {
    "scan_id": "01935a7c-0000-7000-8000-00000000abcd",
    "finished_at": datetime(2026, 11, 23, 12, tzinfo=UTC),
    "outcome": "classified",
    "error_code": None,
    "decision": "not_fractured",
    "probability": 0.0625,
    "source_name": "ward/1.dcm",
    "warnings": "odd_window;window_misses_picture",
}


def test_what_a_person_needs_first_is_there():
    short = in_short(ROW)
    assert tuple(short) == SHORT_COLUMNS
    assert short["scan"] == "00000000abcd"
    assert short["finished"] == "2026-11-23 12:00 UTC"  # here is no terminal
    assert short["answer"].plain == "● not fractured"
    assert (short["prob"], short["file"], short["!"]) == ("0.06", "ward/1.dcm", "2")


def test_a_failure_has_no_probability_and_no_warnings():
    failed = {"outcome": "failed", "error_code": "empty_file", "decision": None, "probability": None}
    short = in_short(ROW | failed | {"warnings": ""})
    assert short["answer"].plain == "✕ failed: empty file"
    assert (short["prob"], short["!"]) == (None, None)
