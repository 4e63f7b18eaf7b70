import pytest

from daemon.results.find import find_scan
from daemon.spool.folders import Spool
from storage.engine import open_engine
from storage.errors import AmbiguousScan, NoSuchScan
from storage.urls import sqlite_url
from tests.support.recorded import fill
from tests.support.records import classified, failed, scan_id

ROWS = [
    classified(1, source_name="ward/leg.dcm", stored_path="done/2026-11-23/ward/leg.dcm"),
    failed(2, source_name="ward/leg.dcm", stored_path="failed/2026-11-23/ward/leg.dcm"),
    failed(3, source_name="face", stored_path="failed/2026-11-23/face"),
    failed(4, source_name="2", stored_path="failed/2026-11-23/2"),
    failed(5, source_name="ward/000001", stored_path="failed/2026-11-23/ward/000001"),
    failed(7, source_name="sub/50%25.dcm", stored_path="failed/2026-11-23/sub/50%25.dcm"),
    failed(8, source_name="sub/%FF.dcm", stored_path="failed/2026-11-23/sub/%FF.dcm"),
    failed(6, source_name=scan_id(3), stored_path=f"failed/2026-11-23/{scan_id(3)}"),
]


@pytest.fixture
def find(tmp_path):
    spool = fill(tmp_path / "spool", ROWS)
    engine = open_engine(sqlite_url(spool / "results.db"), readonly=True)
    yield lambda named: find_scan(engine, named, Spool(spool))
    engine.dispose()


@pytest.mark.parametrize(
    ("named", "number", "others"),
    [
        (scan_id(1), 1, ""),
        (scan_id(2)[-6:], 2, ""),
        (scan_id(3).upper(), 3, ""),
        (scan_id(3)[-6:], 3, ""),
        ("done/2026-11-23/ward/leg.dcm", 1, ""),
        ("ward/leg.dcm", 2, scan_id(1)),
        ("leg.dcm", 2, scan_id(1)),
        ("face", 3, ""),
        ("2", 4, ""),
        ("50%.dcm", 7, ""),
        ("50%25.dcm", 7, ""),
        ("sub/50%.dcm", 7, ""),
        ("\udcff.dcm", 8, ""),  # as the command line gives a byte that is no UTF-8
        ("inbox/sub/\udcff.dcm", 8, ""),
        ("000001", 5, ""),
    ],
)
def test_a_scan_is_found_by_what_a_person_has_of_it(find, named, number, others):
    """Break it: take the end of an id first. Who requeues the file `2` sends another patient's back."""
    found = find(named)
    assert found.detail.scan["scan_id"] == scan_id(number)
    assert found.others == others


@pytest.mark.parametrize(
    ("named", "error", "words"),
    [
        ("arm.dcm", NoSuchScan, "no row has that name"),
        ("LEG.dcm", NoSuchScan, "no row has that name"),
        ("", NoSuchScan, "no row has that name"),
        ("3", NoSuchScan, "no row has that name.* at least 6 digits"),
        ("-----3", NoSuchScan, "at least 6 digits"),
        (scan_id(3)[-5:], NoSuchScan, "at least 6 digits"),
        ("facade", NoSuchScan, "no scan's id begins with or ends in facade"),
        (scan_id(99), NoSuchScan, "no scan's id begins with or ends in"),
        (scan_id(1)[:8], AmbiguousScan, "give more of it"),
    ],
)
def test_what_names_no_scan_or_several_says_so(find, named, error, words):
    with pytest.raises(error, match=words):
        find(named)
