import pytest

from storage.named import scans_named
from tests.support.records import classified, failed, scan_id


def test_the_latest_of_a_name_comes_first_and_canaries_have_none(engine, ledger, run_id):
    ledger.record(
        [
            classified(1, source_name="leg.dcm", stored_path="done/leg.dcm"),
            failed(2, source_name="arm.dcm", stored_path="failed/arm.dcm"),
            failed(3, source_name="leg.dcm", stored_path="failed/leg.dcm"),
            classified(4, source_name="leg.dcm", stored_path="", is_canary=True),
        ],
        run_id,
    )

    def named(stored=(), sources=(), limit=9):
        return scans_named(engine, stored_paths=stored, source_names=sources, limit=limit)

    assert named(sources=["leg.dcm"]) == (scan_id(3), scan_id(1))
    assert named(sources=["leg.dcm"], limit=1) == (scan_id(3),)
    assert named(["failed/arm.dcm"], ["leg.dcm"]) == (scan_id(3), scan_id(2), scan_id(1))
    assert named() == named(["leg.dcm"]) == ()


def test_the_last_part_of_a_name_is_asked_for_only_where_no_name_is_that(engine, ledger, run_id):
    ledger.record(
        [classified(1, source_name="leg.dcm"), failed(2, source_name="ward/leg.dcm"), failed(3)], run_id
    )

    def named(text):
        return scans_named(engine, stored_paths=[], source_names=[text], last_parts=[text], limit=9)

    assert named("leg.dcm") == (scan_id(1),)
    assert named("3.dcm") == (scan_id(3),)
    assert named("_.dcm") == ()


@pytest.mark.parametrize(
    ("part", "numbers"),
    [
        ("scan.dcm", [2]),
        ("SCAN.dcm", [1]),
        ("50%25.dcm", [3]),
        ("x.dcm", []),
        ("größe.dcm", [4]),
        ("n.dcm", []),
    ],
)
def test_the_last_part_is_the_same_on_both_databases(engine, ledger, run_id, part, numbers):
    """Break it: ask by LIKE. On SQLite capital letters do not matter to it."""
    names = ["a/SCAN.dcm", "a/scan.dcm", "sub/50%25.dcm", "größer/größe.dcm", "n", "x", "dcm"]
    ledger.record([classified(n, source_name=name) for n, name in enumerate(names, start=1)], run_id)
    found = scans_named(engine, stored_paths=[], source_names=[], last_parts=[part], limit=9)
    assert found == tuple(scan_id(number) for number in numbers)
