"""Each way in which a file may end other than once is seen."""

import hashlib

import pytest

from daemon.soak.arrivals import Arrival
from daemon.soak.proof import prove
from daemon.spool.folders import Spool, create
from daemon.spool.lock import hold_lock


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path / "spool")
    create(made)
    return made


def row(name, data, **other):
    return {
        "source_name": name,
        "outcome": "classified",
        "error_code": None,
        "stored_path": f"done/2026-11-23/{name}",
        "sha256": hashlib.sha256(data).hexdigest(),
    } | other


@pytest.fixture
def answered(spool):
    """Two files, one of them failed, that ended as they should: arrivals and rows."""
    rows = [
        row("a", b"a"),
        row("b", b"b", outcome="failed", error_code="unreadable", stored_path="failed/2026-11-23/b"),
    ]
    for one in rows:
        path = spool.root / one["stored_path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(one["source_name"])
    (spool.failed / "2026-11-23" / "b.reason.json").write_text("{}")
    return [Arrival(one["source_name"], one["sha256"]) for one in rows], rows


def broken(spool, arrivals, rows, children=0):
    return {name: n for name, n in prove(spool, arrivals, rows, children).broken().items() if n}


def test_files_that_ended_once_are_proven(spool, answered):
    proof = prove(spool, *answered, children=0)
    assert proof.holds
    assert proof.answers == {"classified": 1, "unreadable": 1}


def test_each_promise_that_is_broken_is_counted(spool, answered):
    arrivals, rows = answered
    assert broken(spool, arrivals, rows[:1]) == {"lost": 1, "strangers": 1}
    assert broken(spool, arrivals, [*rows, rows[0]]) == {"twice": 1}
    assert broken(spool, arrivals[:1], rows) == {"twice": 1}
    assert broken(spool, arrivals, rows, children=2) == {"children": 2}
    assert broken(spool, [Arrival("a", "0"), arrivals[1]], rows) == {"altered": 1}
    assert broken(spool, arrivals, [rows[0] | {"sha256": "0"}, rows[1]]) == {"altered": 1}
    assert broken(spool, arrivals, [rows[0] | {"sha256": None}, rows[1]]) == {}  # it was never opened
    with hold_lock(spool):
        assert broken(spool, arrivals, rows) == {"lock_held": 1}
    (spool.failed / "2026-11-23" / "b.reason.json").unlink()
    assert broken(spool, arrivals, rows) == {"unexplained": 1}


@pytest.mark.parametrize("place", ["inbox", "claimed"])
def test_what_is_left_over_is_counted(spool, answered, place):
    (spool.root / place / "left").write_text("left")
    assert broken(spool, *answered) == {f"in_{place}": 1}


def test_a_file_that_is_gone_is_missing(spool, answered):
    (spool.done / "2026-11-23" / "a").unlink()
    assert broken(spool, *answered) == {"missing": 1}
