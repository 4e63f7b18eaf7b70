from datetime import UTC, datetime

from daemon.web.report_rows import in_words, shown_row
from storage.filters import Filters
from storage.records import CODES, IDENTIFIERS
from storage.results_view import RESULT_COLUMNS

ROW = dict.fromkeys(RESULT_COLUMNS, "Meyer^Anna") | {"scan_id": "id", "error_code": None, "warnings": "a"}
HASH = "0123456789abcdef" * 2


def test_all_is_kept_where_all_may_be():
    assert shown_row(ROW, "keep") == ROW


def test_no_column_that_the_setting_governs_is_left():
    """Break it: add an identifier to the view without a rule."""
    for shown in ("hash", "drop"):
        row = shown_row(ROW, shown)
        assert {row[name] for name in (*IDENTIFIERS, *CODES, "source_name", "stored_path")} == {None}
        assert row.keys() == ROW.keys()


def test_codes_that_are_codes_stay():
    assert shown_row(ROW | {"body_part_examined": "HAND"}, "drop")["body_part_examined"] == "HAND"


def test_a_path_of_hashes_is_one_only_if_each_part_is():
    for path, is_hash in (
        (f"{HASH}/{HASH}.dcm", True),
        (f"ward/{HASH}.dcm", False),
        (f"{HASH}.Meyer", False),
    ):
        shown = shown_row(ROW | {"source_name": path}, "hash")["source_name"]
        assert shown == (path if is_hash else None)


def test_filters_are_named_and_values_that_identify_are_not_shown():
    filters = Filters(patient="Meyer", decision="fractured", only_current=True, limit=5)
    assert dict(in_words(filters, "keep"))["patient"] == "Meyer"
    dropped = dict(in_words(filters, "drop"))
    assert dropped == {
        "patient": "(left out)",
        "decision": "fractured",
        "without": "scans that were requeued and answered again",
    }


def test_times_have_their_zone():
    words = dict(in_words(Filters(since=datetime(2026, 11, 23, 12, tzinfo=UTC)), "keep"))
    assert words["since"].startswith("2026-11-23")
    assert words["since"][-1].isalnum()
