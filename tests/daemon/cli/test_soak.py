"""`inboxray soak`: a small one on each engine, and what it refuses.

Break it: let `daemon.spool.dispose._write_reason` write nothing: files that failed are unexplained, and it
exits 1. And leave `end_with_parent` out of `daemon.cli.bound`: a soak that is killed leaves its daemon.
"""

import json
import signal
import stat
from contextlib import contextmanager

import pytest

from daemon.monitoring.status_file import read_status
from daemon.soak.process import processes_of
from tests.support.daemons import environment, files, inboxray, start
from tests.support.deadlines import scaled
from tests.support.waiting import wait_until


@contextmanager
def endless_soak(tmp_path, url):
    """Start a soak that has much to do, and wait until its daemon works; give it and its spool."""
    spool = tmp_path / "soak"
    options = ["--files", "100000", "--kills", "0", "--spool", str(spool)]
    with (tmp_path / "log").open("wb") as log:
        process = start(
            ["soak", *options], env=environment(tmp_path / "mine", database_url=url), stdout=log, stderr=log
        )
    try:
        wait_until(lambda: (read_status(spool) or {}).get("watcher"), timeout_s=60, what="its daemon")
        yield process, spool
    finally:
        process.kill()


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_small_soak_passes_and_leaves_nothing(tmp_path, request, engine):
    options = ["--files", "12", "--kills", "2", "--json"]
    server = request.getfixturevalue("postgres_server") if engine == "postgres" else None
    # a server of the settings is used, in a schema of its own; an SQLite of the settings is not
    url = server.create_database() if server else f"sqlite:///{tmp_path / 'mine.db'}"

    ended = inboxray(
        tmp_path / "mine", "soak", *options, "--spool", tmp_path / "soak", database_url=url, timeout=110
    )

    shown = json.loads(ended.stdout)
    assert ended.returncode == 0, shown
    assert (shown["verdict"], shown["lost"], shown["twice"], shown["kept"]) == ("pass", 0, 0, None)
    assert (shown["files"], shown["kills"], sum(shown["answers"].values())) == (12, 2, 12)
    assert shown["engine"] == ("postgresql" if server else "sqlite")
    assert files(tmp_path) == []
    if server:
        server.drop_database(url)


def test_it_works_nowhere_where_somebody_has_files_or_rows(call, recorded, tmp_path):
    before = files(recorded)
    ended = call(recorded, "soak", "--spool", str(recorded))
    assert ended.returncode == 73
    assert "needs an empty spool" in ended.stderr

    url = f"sqlite:///{recorded / 'results.db'}"
    ended = call(recorded, "soak", "--spool", str(tmp_path / "other"), "--database-url", url)
    assert ended.returncode == 73
    assert "may hold rows" in ended.stderr
    assert files(recorded) == before
    assert not (tmp_path / "other").exists()


def test_a_daemon_that_does_not_start_fails_the_soak_which_keeps_what_it_did(call, tmp_path):
    ended = call(
        tmp_path, "soak", "--files", "2", "--kills", "0", "--spool", str(tmp_path / "kept"), model="/"
    )
    assert ended.returncode == 1
    assert ended.stdout.startswith("FAIL: 2 files, 0 kills")
    assert "the daemon ended by itself with" in ended.stdout
    assert str(tmp_path / "kept") in ended.stderr
    assert (tmp_path / "kept" / "soak.log").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_soak_that_is_asked_to_end_leaves_nothing(tmp_path, number):
    with endless_soak(tmp_path, f"sqlite:///{tmp_path / 'mine.db'}") as (process, spool):
        assert stat.S_IMODE((spool / "soak.toml").stat().st_mode) == 0o600
        process.send_signal(number)
        assert process.wait(scaled(60)) == 128 + number
    assert processes_of(spool) == []
    assert not spool.exists()


@pytest.mark.postgres
def test_a_soak_that_is_asked_to_end_leaves_no_schema_in_a_server(tmp_path, postgres_server):
    psycopg = pytest.importorskip("psycopg")
    url = postgres_server.create_database()
    schemas = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'inboxray%'"
    with endless_soak(tmp_path, url) as (process, spool), psycopg.connect(url) as connection:
        assert len(connection.execute(schemas).fetchall()) == 1
        connection.commit()
        process.send_signal(signal.SIGTERM)
        assert process.wait(scaled(60)) == 128 + signal.SIGTERM
        assert connection.execute(schemas).fetchall() == []
    assert processes_of(spool) == []
    postgres_server.drop_database(url)


def test_a_soak_that_is_killed_leaves_no_daemon(tmp_path):
    with endless_soak(tmp_path, f"sqlite:///{tmp_path / 'mine.db'}") as (process, spool):
        assert processes_of(spool)
        process.kill()
        process.wait(scaled(60))
        wait_until(lambda: not processes_of(spool), timeout_s=30, what="its daemon to end")


def test_a_folder_of_scans_that_is_not_there_is_66(call, tmp_path):
    ended = call(tmp_path, "soak", "--data", str(tmp_path / "no"), "--spool", str(tmp_path / "soak"))
    assert (ended.returncode, ended.stdout) == (66, "")
    assert not (tmp_path / "soak").exists()
