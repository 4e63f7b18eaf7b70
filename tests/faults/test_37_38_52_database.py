"""Faults 37, 38, 39 and 52: a server that dies, an answer that is lost, a lock, a value that is refused.

Break it: let `daemon.pipeline.ledger_writer._passes` say no (37; 39 if `storage.sqlite.BUSY_TIMEOUT_S` is
short too, which waits before it); let `storage.writes` insert without ``ON CONFLICT`` (38); let
`storage.text.clean_text` pass everything (52, on PostgreSQL).
"""

import os
import signal
import sqlite3
import threading
import time
from contextlib import closing

import pytest
from sqlalchemy.exc import DBAPIError

from daemon.pauses import Pauses
from daemon.pipeline.ledger_writer import Recorder
from daemon.settings.migration_scripts import script_location
from storage.engine import open_engine
from storage.ledger import Ledger
from storage.upgrade import bring_to_head
from tests.faults.conftest import CALM
from tests.support.forgetful_proxy import ForgetfulProxy
from tests.support.ledgers import assert_each_once, own_database, scans
from tests.support.pictures import dicom_bytes, drop, png_bytes
from tests.support.records import MODEL, RUN, classified
from tests.support.waiting import wait_until


@pytest.mark.postgres
@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_37_a_server_that_dies_in_the_middle_is_waited_for(zygote, postgres_server, tmp_path, how, size):
    turns, share = size(2, 10), size(20, 100)  # stopped and killed: 20 times over 2,000 files
    spool, url = tmp_path / "spool", postgres_server.create_database()
    named = {f"{n}.png": png_bytes(n) for n in range(turns * share)}
    pid = zygote.start(spool, "run", database_url=url, batch_size=4, **CALM)
    wait_until((spool / ".status.json").exists, timeout_s=30, what="the daemon")
    for turn in range(turns):
        for number in range(share * turn, share * turn + share):
            drop(spool / "inbox" / f"{number}.png", named[f"{number}.png"])
        wait_until(lambda: len(recorded(url)) > share * turn, timeout_s=180, what="the first rows")  # noqa: B023
        if how == "stopped":
            postgres_server.stop(immediately=True)
        else:
            postgres_server.kill()
        postgres_server.start()
    wait_until(lambda: len(recorded(url)) == len(named), timeout_s=600, what="every row")
    wait_until(lambda: not list((spool / "claimed").iterdir()), timeout_s=30, what="every move")
    os.kill(pid, signal.SIGTERM)
    assert zygote.wait() == 0
    assert_each_once(spool, url, named)
    postgres_server.drop_database(url)


@pytest.mark.postgres
def test_38_a_commit_whose_answer_is_lost_is_written_once(postgres_server, size):
    """The rows are there, the daemon cannot know, and writes them again."""
    direct = postgres_server.create_database()
    with ForgetfulProxy(postgres_server.port, drops=0) as proxy:
        engine = open_engine(direct.replace(str(postgres_server.port), str(proxy.port)))
        bring_to_head(engine, script_location())
        ledger = Ledger(engine)
        ledger.register_model(MODEL)
        run = ledger.begin_run(RUN)
        recorder = Recorder(ledger, Pauses(), threading.Event())
        drops = proxy.left = size(6, 20)
        for number in range(1, drops + 5):
            recorder.record([classified(2 * number), classified(2 * number + 1)], run, lambda row: row)
        assert proxy.dropped == drops
        engine.dispose()
    assert [row["scan_id"] for row in scans(direct)] == [
        classified(n).scan_id for n in range(2, 2 * drops + 10)
    ]
    postgres_server.drop_database(direct)


def test_39_a_database_that_somebody_locks_is_waited_for(daemon, size):
    """At full size for half of the time after which SQLite says that it is busy."""
    for turn in range(size(1, 3)):
        with closing(sqlite3.connect(daemon.spool / "results.db", isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            held = time.monotonic()
            drop(daemon.inbox / "locked" / f"{turn}.png", png_bytes(turn))
            wait_until(lambda: list((daemon.spool / "claimed").iterdir()), what="the claim")
            wait_until(lambda: time.monotonic() - held > size(2, 15), timeout_s=20)  # noqa: B023
            assert len(daemon.rows("locked")) == turn
            connection.execute("ROLLBACK")
        assert {"classified"} == {row["outcome"] for row in daemon.wait_for("locked", turn + 1)}


@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_52_values_that_a_database_refuses_cost_no_other_row(zygote, tmp_path, request, engine):
    spool = tmp_path / "spool"
    server = request.getfixturevalue("postgres_server") if engine == "postgres" else None
    url = server.create_database() if server else own_database(spool)
    named = {f"{n}.dcm": dicom_bytes(n) for n in range(15)}
    named["odd.dcm"] = dicom_bytes(99, PatientID="A\0B", AccessionNumber="\x1b[31m")
    for name, data in named.items():
        drop(spool / "inbox" / name, data)

    assert zygote.once(spool, database_url=url, batch_size=16, **CALM) == 0

    assert_each_once(spool, url, named)
    assert {"classified"} == {row["outcome"] for row in scans(url)}
    if server:
        server.drop_database(url)


def recorded(url):
    """Give the rows, or none while the server is away or has no tables yet."""
    try:
        return scans(url)
    except DBAPIError:
        return []
