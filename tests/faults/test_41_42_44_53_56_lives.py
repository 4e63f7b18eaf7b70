"""Faults 41, 42, 44, 53 and 56: two daemons, signals, leaks, a file that kills its daemon, a lost database.

Break it: take no lock in `daemon.spool.hold_lock` (41); take the second signal for the first (42); keep a
descriptor for each claim (44); count no attempts (53); let `storage.engine.check_in_place` pass (56).
"""

import json
import os
import signal
from functools import partial

import psutil

from tests.faults.conftest import CALM
from tests.support.daemons import files, inboxray
from tests.support.failing import Point
from tests.support.ledgers import assert_each_once, own_database, scans
from tests.support.pictures import drop, png_bytes
from tests.support.waiting import wait_until


def arrive(spool, number, folder="ward"):
    named = {f"{folder}/{n}.png": png_bytes(n) for n in range(number)}
    for name, data in named.items():
        drop(spool / "inbox" / name, data)
    return named


def test_41_the_second_daemon_leaves_at_once_and_the_first_stays(daemon):
    refused = inboxray(daemon.spool, "once")
    assert refused.returncode == 75
    assert str(daemon.process.pid) in refused.stderr
    assert {"classified"} == set(daemon.codes("second", {"a.png": png_bytes(1)}).values())


def test_42_one_signal_finishes_what_is_claimed_and_two_end_at_once(zygote, tmp_path):
    spool = tmp_path / "spool"
    named = {}
    for signals, code in ((1, 0), (2, 128 + signal.SIGTERM)):
        named |= arrive(spool, 20, f"{signals}")
        # the network takes so long that one signal alone is not obeyed in time
        slow = [(Point("daemon.answer", "Answerer.answer"), "SLEEP", {})] if signals == 2 else []
        pid = zygote.start(spool, "run", faults=slow, batch_size=4, **CALM)
        wait_until(lambda: list((spool / "claimed").glob("*-*")), timeout_s=100, what="a claim")
        os.kill(pid, signal.SIGTERM)
        if signals == 2:
            ends = partial(ends_by_another, pid)
            wait_until(ends, every_s=0.1, timeout_s=15, what="the second signal to end it")
        assert zygote.wait() == code
        if signals == 1:
            assert list((spool / "claimed").iterdir()) == []
    assert zygote.once(spool, **CALM) == 0
    assert_each_once(spool, own_database(spool), named)


def test_44_descriptors_and_children_stay_as_many(daemon):
    """The large numbers are those of the soak."""
    arrive(daemon.spool, 20, "warm")
    daemon.wait_for("warm", 20)
    process = psutil.Process(daemon.process.pid)
    before = process.num_fds(), len(process.children(recursive=True))
    arrive(daemon.spool, 150, "many")
    daemon.wait_for("many", 150, timeout_s=90)
    wait_until(
        lambda: (process.num_fds(), len(process.children(recursive=True))) <= before,
        what="what was opened to close",
    )


def test_53_a_file_that_ends_three_daemons_is_not_opened_by_the_fourth(zygote, tmp_path):
    """It comes with an innocent neighbour, which is answered."""
    spool = tmp_path / "spool"
    named = arrive(spool, 2)
    guilty = [(Point("daemon.pipeline", "Pipeline._decode"), "KILL", {"only": "0.png"})]
    for _ in range(3):
        assert zygote.once(spool, faults=guilty, **CALM) == -signal.SIGKILL
    assert zygote.once(spool, faults=guilty, **CALM) == 0
    found = {row["source_name"]: row["error_code"] or row["outcome"] for row in scans(own_database(spool))}
    assert found == {"ward/0.png": "crashed_daemon", "ward/1.png": "classified"}
    assert_each_once(spool, own_database(spool), named)


def test_56_a_database_that_is_lost_under_the_daemon_is_noticed_and_its_files_are_answered_again(
    zygote, tmp_path
):
    spool = tmp_path / "spool"
    named = arrive(spool, 3)
    pid = zygote.start(spool, "run", **CALM)
    wait_until(lambda: len(files(spool / "done")) == 3, timeout_s=100, what="the first answers")
    for path in spool.glob("results.db*"):
        path.unlink()
    named |= arrive(spool, 2, "later")
    assert zygote.wait() == 69, pid
    assert "removed or replaced" in (tmp_path / "spool.log").read_text()

    assert zygote.once(spool, **CALM) == 0
    checked = inboxray(spool, "db", "check", "--requeue-orphans", "--format", "json")
    assert {one["finding"] for one in json.loads(checked.stdout)} == {"orphan_file"}
    assert zygote.once(spool, **CALM) == 0

    assert_each_once(spool, own_database(spool), named)
    assert inboxray(spool, "db", "check", "--deep").returncode == 0


def ends_by_another(pid):
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return True
    return False
