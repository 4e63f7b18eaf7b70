"""Faults 41, 42, 44, 53 and 56: two daemons, signals, leaks, a file that kills its daemon, a lost database.

Break it: take no lock in `daemon.spool.lock.hold_lock` (41); take the second signal for the first (42);
keep a descriptor for each claim (44); count no attempts (53); let `storage.sqlite.check_in_place` pass (56).
"""

import json
import os
import random
import signal
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil

from daemon.spool.folders import Spool
from daemon.spool.lock import is_held
from tests.faults.conftest import CALM
from tests.support.daemons import files, inboxray
from tests.support.deadlines import is_within, scaled
from tests.support.failing import Point
from tests.support.ledgers import assert_each_once, own_database, scans
from tests.support.pictures import drop, png_bytes
from tests.support.waiting import wait_until


def arrive(spool, number, folder="ward"):
    named = {f"{folder}/{n}.png": png_bytes(n) for n in range(number)}
    for name, data in named.items():
        drop(spool / "inbox" / name, data)
    return named


def test_41_the_second_daemon_leaves_at_once_and_the_first_stays(daemon, size):
    for _ in range(size(1, 20)):
        refused = inboxray(daemon.spool, "once")
        assert refused.returncode == 75
        assert str(daemon.process.pid) in refused.stderr
    assert {"classified"} == set(daemon.codes("second", {"a.png": png_bytes(1)}).values())


def test_41_a_killed_daemon_leaves_no_lock(zygote, tmp_path, size):
    spool = tmp_path / "spool"
    for _ in range(size(2, 20)):
        pid = zygote.start(spool, "run", **CALM)
        wait_until(lambda: held(spool), timeout_s=30, what="the lock")
        os.kill(pid, signal.SIGKILL)
        assert zygote.wait() == -signal.SIGKILL
        assert not held(spool)
    assert zygote.once(spool, **CALM) == 0


def test_42_one_signal_at_any_moment_finishes_what_is_claimed(zygote, tmp_path, size):
    """At any moment from its start on, while files come: exit 0 within 30 s, nothing left in claimed/."""
    spool, named, moments = tmp_path / "spool", {}, random.Random(42)  # noqa: S311 - no secrets
    for turn in range(size(3, 20)):
        named |= arrive(spool, 6, f"{turn}")
        pid = zygote.start(spool, "run", batch_size=4, stop_s=scaled(30), **CALM)
        wait_until(lambda: held(spool), timeout_s=30, what="the lock")
        time.sleep(moments.uniform(0.05, 1))  # whatever it is at, that is the test
        asked = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        assert zygote.wait() == 0
        assert is_within(time.monotonic() - asked, 30)
        assert list((spool / "claimed").iterdir()) == []
    assert zygote.once(spool, **CALM) == 0
    assert_each_once(spool, own_database(spool), named)


def test_42_one_signal_finishes_what_is_claimed_and_two_end_at_once(zygote, tmp_path):
    spool = tmp_path / "spool"
    named = {}
    for signals, code in ((1, 0), (2, 128 + signal.SIGTERM)):
        named |= arrive(spool, 20, f"{signals}")
        # the network takes so long that one signal alone is not obeyed in time
        slow = [(Point("daemon.execution.local", "classify_scans"), "SLEEP", {})] if signals == 2 else []
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


def test_42_a_signal_in_the_moment_in_which_the_spool_is_held_is_an_orderly_end(zygote, tmp_path):
    """Break it: hold the spool first, and catch signals later. The daemon ends by the signal then."""
    at_once = [(Point("daemon.service.service", "prove_renames"), "TERM", {})]
    zygote.start(tmp_path / "spool", "run", faults=at_once, **CALM)
    assert zygote.wait() == 0


def holdings(process):
    """Count what a daemon holds: descriptors but those of its database, its connections to that, children."""
    opened = []
    for entry in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed just now
            opened.append(entry.readlink().name)
    connections = opened.count("results.db")
    others = sum(not name.startswith("results.db") for name in opened)
    return others, connections, len(process.children(recursive=True))


def test_44_descriptors_and_children_stay_as_many(daemon):
    """10,000 files, and the memory: tests/soak/leaks.py, by `make soak`.

    A second connection to the database is opened when one is in use, whenever that is first the case; beside
    both, one descriptor looks whether the database was written over (fault 67).
    """
    arrive(daemon.spool, 20, "warm")
    daemon.wait_for("warm", 20)
    process = psutil.Process(daemon.process.pid)
    descriptors, _, children = holdings(process)
    arrive(daemon.spool, 150, "many")
    daemon.wait_for("many", 150, timeout_s=90)
    wait_until(
        lambda: all(
            now <= most for now, most in zip(holdings(process), (descriptors, 3, children), strict=True)
        ),
        what="what was opened to close",
    )


def test_53_a_file_that_ends_three_daemons_is_not_opened_by_the_fourth(zygote, tmp_path):
    """It comes with an innocent neighbour, which is answered."""
    spool = tmp_path / "spool"
    named = arrive(spool, 2)
    guilty = [(Point("daemon.pipeline.decode_queue", "DecodeQueue._decode", only="0.png"), "KILL", {})]
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


def held(spool):
    return is_held(Spool(spool))


def ends_by_another(pid):
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return True
    return False
