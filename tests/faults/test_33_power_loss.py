"""Fault 33: the power goes, and what was not synced is lost, torn or written out of order.

SQLite's writes and syncs are recorded while the ledger writes, and what a power cut may leave is built of
them: at synchronous FULL no row is missing that `Ledger.record` returned for, at NORMAL some are.

Break it: `PRAGMA synchronous = NORMAL` in `storage.sqlite.connect_sqlite`; that is the second test.
"""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import event

from daemon.settings.migration_scripts import script_location
from storage.engine import open_engine
from storage.ledger import Ledger
from storage.upgrade import upgrade
from storage.urls import sqlite_url
from tests.support.records import MODEL, RUN, classified
from tests.support.sqlite_writes import images, recorded_writes
from tests.support.tally import tally

SCANS_A_BATCH = 3
PAGES_A_CHECKPOINT = 40  # so that logs are played back and begun anew within a small test


@pytest.mark.parametrize("synchronous", ["FULL", "NORMAL"])
def test_33_no_row_that_was_promised_is_lost_at_full_and_some_are_at_normal(tmp_path, size, synchronous):
    batches, number = size(30, 100), size(60, 1000)
    with recorded_writes() as record:
        write(tmp_path / "results.db", record, batches, synchronous)
    kinds = {(one.path.name, one.kind) for one in record.events if one.path is not None}
    assert {("results.db", "write"), ("results.db", "sync"), ("results.db-wal", "write")} <= kinds

    lost = promised = 0
    for turn, (moment, files) in enumerate(images(record, number, seed=33)):
        folder = tmp_path / f"{turn}"
        folder.mkdir()
        for path, content in files.items():
            (folder / path.name).write_bytes(content)
        found = rows(folder / "results.db")
        promised += len(record.promised(moment))
        lost += len(record.promised(moment) - found)

    assert promised > number  # the images are late enough to hold something
    if synchronous == "FULL":
        tally("images", promised, lost)
        assert lost == 0
    else:
        assert lost > 0


def write(path, record, batches, synchronous):
    """Let the ledger write, and note what it promised."""
    engine = open_engine(sqlite_url(path))

    def set_up(connection, _):
        connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_A_CHECKPOINT}")
        if synchronous != "FULL":  # else as the daemon has it
            connection.execute(f"PRAGMA synchronous = {synchronous}")

    event.listen(engine, "connect", set_up)
    upgrade(engine, script_location())
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    run = ledger.begin_run(RUN)
    for batch in range(batches):
        scans = [classified(SCANS_A_BATCH * batch + n + 1) for n in range(SCANS_A_BATCH)]
        ledger.record(scans, run)
        for scan in scans:
            record.promise(scan.scan_id)
    engine.dispose()


def rows(path):
    """Open what is left as the next start would, and read the scans; it must be whole."""
    with closing(sqlite3.connect(path)) as connection:
        (whole,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        assert whole == "ok"
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'scans'").fetchone():
            return set()
        return {scan_id for (scan_id,) in connection.execute("SELECT scan_id FROM scans")}
