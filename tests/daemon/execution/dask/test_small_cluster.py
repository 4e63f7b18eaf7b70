"""A daemon on a real cluster: scheduler and workers in processes of their own, some of which are killed."""

import shutil
import sqlite3
from contextlib import closing

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from tests.support.clusters import RunningCluster, can_hide
from tests.support.daemons import environment, inboxray, rows, start
from tests.support.deadlines import scaled
from tests.support.pictures import png_bytes
from tests.support.waiting import wait_until

pytestmark = pytest.mark.xdist_group("cluster")

QUICK = {"settle_s": 0.1, "look_interval_ms": 20, "decode_workers": 1, "previews": False}
FILES = 60


@pytest.fixture
def cluster(tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    with RunningCluster(folder) as running:
        yield running


@pytest.fixture
def spool(tmp_path):
    inbox = tmp_path / "spool" / "inbox"
    inbox.mkdir(parents=True)
    for number in range(FILES):
        (inbox / f"{number}.png").write_bytes(png_bytes(number))
    (inbox / "cut.png").write_bytes(png_bytes(1)[:300])
    (inbox / "note.txt").write_bytes(b"no picture")
    return tmp_path / "spool"


def answers(spool):
    """What was answered for each file, with each number of each prediction."""
    with closing(sqlite3.connect(spool / "results.db")) as connection:
        found = connection.execute(
            "SELECT source_name, outcome, error_code, scans.sha256, scans.decision, logit, distance, heat_map"
            " FROM scans LEFT JOIN predictions ON scan_seq = seq ORDER BY source_name"
        )
        return found.fetchall()


def started(spool, cluster, log, **settings):
    """Start `once` on the cluster."""
    everything = (
        QUICK | {"executor": "dask", "incomplete_wait_s": 0.2} | cluster.settings("daemon") | settings
    )
    with log.open("wb") as errors:
        return start(["once"], env=environment(spool, **everything), stdout=errors, stderr=errors)


def test_killed_workers_and_a_killed_scheduler_cost_no_file_and_answers_are_those_of_one_machine(
    cluster, spool, tmp_path
):
    """Break it: take a worker's end for the file's fault, or wait for tasks of a scheduler that is gone."""
    alone = tmp_path / "alone"
    shutil.copytree(spool, alone)
    first, _second = cluster.start_worker(), cluster.start_worker()
    log = tmp_path / "daemon.log"
    daemon = started(spool, cluster, log)
    wait_until(lambda: count(spool) >= 5, timeout_s=60, what="the first rows")
    first.kill()
    cluster.start_worker()
    seen = count(spool)
    wait_until(lambda: count(spool) > seen or daemon.poll() is not None, timeout_s=60, what="further rows")
    cluster.scheduler.kill()
    cluster.start_scheduler()
    assert daemon.wait(scaled(120)) == 0, log.read_text()

    assert inboxray(alone, "once", incomplete_wait_s=0.2, **QUICK).returncode == 0
    assert len(rows(spool)) == FILES + 2
    assert answers(spool) == answers(alone)


def count(spool):
    try:
        return len(rows(spool))
    except sqlite3.OperationalError:  # no table yet
        return 0


@pytest.mark.skipif(not can_hide(), reason="this user may not mount: INBOXRAY's spool cannot be hidden")
def test_a_worker_that_does_not_see_the_spool_is_sent_the_files(cluster, spool, tmp_path):
    """Break it: give it paths. Each file is then unreadable to it."""
    cluster.start_worker(hidden=spool)
    log = tmp_path / "daemon.log"
    assert started(spool, cluster, log).wait(scaled(120)) == 0, log.read_text()
    outcomes = [row["outcome"] for row in rows(spool)]
    assert (outcomes.count("classified"), outcomes.count("failed")) == (FILES, 2)


def test_once_without_a_worker_ends_with_what_to_do_and_loses_nothing(cluster, spool, tmp_path):
    log = tmp_path / "daemon.log"
    assert started(spool, cluster, log, database_wait_s=1).wait(scaled(60)) == 69
    assert "no worker is connected; start `inboxray cluster scheduler`" in log.read_text()
    left = list((spool / "inbox").iterdir()) + list((spool / "claimed").rglob("*.png"))
    assert len(left) >= FILES
