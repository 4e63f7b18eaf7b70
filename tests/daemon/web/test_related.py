import pytest

from daemon.web.related import same_file, same_study
from storage.engine import open_engine
from storage.scan_detail import scan
from storage.urls import sqlite_url
from tests.support.recorded import fill
from tests.support.records import classified, digest, scan_id


@pytest.fixture
def engine(tmp_path):
    """A study of three scans, one requeued since; the same file twice; one of neither."""
    study = {"study_instance_uid": "1.2.3"}
    rows = [
        classified(1, **study),
        classified(2, **study),
        classified(3, **study, requeued_from=scan_id(2), sha256=digest(2)),
        classified(4, study_instance_uid=None, sha256=None),
        classified(5),
    ]
    engine = open_engine(sqlite_url(fill(tmp_path / "spool", rows) / "results.db"), readonly=True)
    yield engine
    engine.dispose()


def ids(rows):
    return [row["scan_id"] for row in rows]


def test_the_others_of_a_study_are_shown_but_those_that_were_requeued_since(engine):
    assert ids(same_study(engine, scan(engine, scan_id(1)).scan)) == [scan_id(3)]


def test_earlier_and_later_answers_about_the_same_bytes_are_shown(engine):
    assert ids(same_file(engine, scan(engine, scan_id(2)).scan)) == [scan_id(3)]
    assert ids(same_file(engine, scan(engine, scan_id(3)).scan)) == [scan_id(2)]


def test_what_has_no_study_and_no_bytes_has_no_neighbours(engine):
    """Break it: look for those that are null too."""
    row = scan(engine, scan_id(4)).scan
    assert (same_study(engine, row), same_file(engine, row)) == ([], [])
