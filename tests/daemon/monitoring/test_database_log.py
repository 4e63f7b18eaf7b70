import itertools
import sqlite3
from contextlib import closing

from structlog.testing import capture_logs

from daemon.monitoring.database_log import DatabaseLog
from storage.urls import sqlite_url
from tests.support.records import classified


def test_a_server_and_a_database_that_is_not_there_have_none(tmp_path):
    assert DatabaseLog("postgresql://localhost/x").size() == 0
    assert DatabaseLog(sqlite_url(tmp_path / "none.db")).size() == 0


def test_a_large_one_is_warned_of_once_an_hour(tmp_path):
    now = [0.0]
    log = DatabaseLog(sqlite_url(tmp_path / "results.db"), large_bytes=1000, clock=lambda: now[0])
    (tmp_path / "results.db-wal").write_bytes(b"x" * 999)
    with capture_logs() as logs:
        assert log.size() == 999
        (tmp_path / "results.db-wal").write_bytes(b"x" * 1000)
        for now[0] in (1, 2, 3599, 3602, 3603):
            assert log.size() == 1000
    assert [(line["event"], line["bytes"]) for line in logs] == [("database_log_large", 1000)] * 2


def test_it_grows_while_somebody_reads_and_is_cut_back_afterwards(bench):
    """Fault 70. Break it: set no journal_size_limit; a log that grew once is warned of for ever."""
    path = bench.spool.root / "results.db"
    log = DatabaseLog(sqlite_url(path))
    numbers = itertools.count()

    def record(batches):
        for _ in range(batches):
            sha256 = bench.classifier.release.sha256
            rows = [classified(next(numbers), model_sha256=sha256) for _ in range(500)]
            bench.ledger.record(rows, bench.run_id)

    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM scans").fetchone()
        record(1)
        record((32 << 20) // log.size() + 1)
        assert log.size() > 24 << 20
        reader.execute("COMMIT")
    record(2)  # one writes the log back, the next begins it anew
    assert log.size() <= 16 << 20
