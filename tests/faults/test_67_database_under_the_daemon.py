"""Fault 67: the log of the SQLite database is deleted, or an older copy is put over it, while a daemon runs.

Break it: let `InPlace.check` look at the database's own file alone, as it did; or leave out `_set_log_aside`;
or let `storage.stale_log.refuse_stale_log` return at once.
"""

import shutil
import signal
import sqlite3
from contextlib import closing

import pytest

from tests.faults.conftest import CALM, Patient
from tests.support.daemons import count, files, inboxray, rows
from tests.support.pictures import drop, png_bytes
from tests.support.waiting import wait_until

BEFORE = 6


@pytest.fixture
def patient(tmp_path):
    with Patient(tmp_path / "spool", **CALM) as running:
        yield running


def let_answer(patient, first, number):
    for one in range(first, first + number):
        drop(patient.inbox / f"{one}.png", png_bytes(one))
    patient.wait_for_rows(first + number)
    wait_until(lambda: not list((patient.spool / "claimed").iterdir()), timeout_s=30, what="the moves")


def take_away_log(spool):
    (spool / "results.db-wal").unlink()


def write_older_copy_over(spool):
    """As ``cp`` does: the file stays the same one."""
    with (spool / "older.db").open("rb") as copy, (spool / "results.db").open("r+b") as file:
        file.truncate(0)
        shutil.copyfileobj(copy, file)


@pytest.mark.parametrize("meddle", [take_away_log, write_older_copy_over])
def test_67_it_is_noticed_before_the_next_batch_and_nothing_is_lost(patient, meddle):
    spool = patient.spool
    let_answer(patient, 0, 2)
    patient.process.send_signal(signal.SIGTERM)
    assert patient.process.wait(60) == 0
    shutil.copy(spool / "results.db", spool / "older.db")
    patient.start()
    let_answer(patient, 2, BEFORE)

    meddle(spool)
    drop(patient.inbox / "late.png", png_bytes(99))
    assert patient.process.wait(60) == 69, patient.log.read_text()
    assert "while it was used" in patient.log.read_text()
    assert "late.png" in {path.name for path in (*files(spool / "inbox"), *files(spool / "claimed"))}

    end = inboxray(spool, "once", **CALM)
    assert end.returncode == 0, end.stderr
    inboxray(spool, "db", "check", "--requeue-orphans")
    assert inboxray(spool, "once", **CALM).returncode == 0
    assert inboxray(spool, "db", "check", "--deep").returncode == 0
    with closing(sqlite3.connect(spool / "results.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    found = sorted(row["source_name"] for row in rows(spool))
    assert found == sorted([*(f"{number}.png" for number in range(2 + BEFORE)), "late.png"])


def test_67_an_older_copy_that_is_put_over_before_a_kill_is_not_mixed_with_the_log(patient):
    """The daemon has no time to notice; SQLite would replay the log over the copy, and say nothing."""
    spool = patient.spool
    let_answer(patient, 0, 2)
    assert patient.stop() == 0
    shutil.copy(spool / "results.db", spool / "older.db")
    patient.start()
    let_answer(patient, 2, BEFORE)
    with closing(sqlite3.connect(spool / "results.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    let_answer(patient, 2 + BEFORE, 1)  # begins the log anew
    patient.stand_still()  # so that it looks at nothing between the copy and the kill
    write_older_copy_over(spool)
    patient.process.send_signal(signal.SIGKILL)
    patient.process.wait(60)

    end = inboxray(spool, "once", **CALM)
    assert end.returncode == 69
    assert "older than the log beside it" in end.stderr
    assert inboxray(spool, "once", **CALM).returncode == 0
    assert count(spool) == 2
    inboxray(spool, "db", "check", "--requeue-orphans")
    assert inboxray(spool, "once", **CALM).returncode == 0
    assert inboxray(spool, "db", "check", "--deep").returncode == 0
    with closing(sqlite3.connect(spool / "results.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sorted(row["source_name"] for row in rows(spool)) == [f"{one}.png" for one in range(3 + BEFORE)]


def test_67_what_the_deleted_log_held_is_saved_by_the_orderly_end(patient):
    let_answer(patient, 0, BEFORE)
    take_away_log(patient.spool)
    drop(patient.inbox / "late.png", png_bytes(99))
    assert patient.process.wait(60) == 69
    assert count(patient.spool) == BEFORE


def test_67_readers_and_other_programs_that_look_are_no_fault(patient):
    """They come and go, and one that closes the file may write the log back."""
    for number in range(4):
        let_answer(patient, number, 1)
        assert inboxray(patient.spool, "results").returncode == 0
        with closing(sqlite3.connect(patient.spool / "results.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert patient.process.poll() is None
