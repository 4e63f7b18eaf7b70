"""Fault 70: a program has the SQLite database open for reading for so long that its log grows and grows.

Break it: let `DatabaseLog.size` return 0; or set no ``journal_size_limit`` (see `test_database_log`).
"""

import sqlite3
from contextlib import closing

from tests.faults.conftest import CALM, Patient
from tests.support.daemons import inboxray
from tests.support.pictures import drop, png_bytes
from tests.support.waiting import wait_until

FILES = 12


def test_70_the_size_of_the_log_is_in_the_status_and_rows_go_on(tmp_path):
    with Patient(tmp_path / "spool", batch_size=1, **CALM) as patient:
        with closing(sqlite3.connect(patient.spool / "results.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM scans").fetchone()
            for number in range(FILES):
                drop(patient.inbox / f"{number}.png", png_bytes(number))
            patient.wait_for_rows(FILES)
            log = patient.spool / "results.db-wal"
            wait_until(
                lambda: patient.status()["database_log_bytes"] == log.stat().st_size > FILES * 4096,
                what="the size of the log",
            )
            shown = inboxray(patient.spool, "status")
        assert shown.returncode == 0
        assert f"{log.stat().st_size}" in shown.stdout
