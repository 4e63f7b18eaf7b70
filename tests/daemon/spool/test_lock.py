import fcntl
import os
import subprocess
import sys
import threading

import pytest

from daemon.errors import SpoolInUseError
from daemon.spool.lock import hold_lock, is_held
from tests.support.rights import without_rights
from tests.support.shared import ROOT
from tests.support.waiting import wait_until

HOLD = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from daemon.spool.folders import Spool\n"
    "from daemon.spool.lock import hold_lock\n"
    "with hold_lock(Spool(Path(sys.argv[1]))):\n"
    "    print('held', flush=True)\n"
    "    time.sleep(600)\n"
)


@pytest.fixture
def holder(spool):
    """Another process that holds the spool."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, spool.root], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_second_daemon_is_refused_and_told_who_has_it(spool, holder):
    with pytest.raises(SpoolInUseError, match=f"process {holder.pid}") as caught, hold_lock(spool):
        pass
    assert caught.value.exit_code == 75
    assert is_held(spool)


def test_a_killed_daemon_leaves_no_lock(spool, holder):
    holder.kill()
    holder.wait()
    assert not is_held(spool)
    with hold_lock(spool):
        assert is_held(spool)
    assert not is_held(spool)


def test_the_lock_of_another_user_is_a_question_of_rights(spool):
    spool.lock_file.touch()
    with without_rights(spool.lock_file):
        with pytest.raises(PermissionError), hold_lock(spool):
            pass
        with pytest.raises(PermissionError):
            is_held(spool)


def test_a_spool_that_nobody_ever_held_is_not_held(spool):
    assert not is_held(spool)


def test_the_lock_is_inherited_by_no_child(spool):
    with hold_lock(spool):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        wait_until(lambda: not is_held(spool), what="the child to have closed it")  # just after its exec
    finally:
        child.communicate(b"\n")


def test_who_only_looks_keeps_nobody_from_starting(spool):
    """`inboxray status` takes a shared lock for a moment; a daemon that starts then is not refused."""
    spool.lock_file.touch()
    looker = os.open(spool.lock_file, os.O_RDONLY)
    fcntl.flock(looker, fcntl.LOCK_SH)
    got = threading.Event()

    def start():
        with hold_lock(spool):
            got.set()

    thread = threading.Thread(target=start)
    thread.start()
    assert not got.wait(0.05)
    os.close(looker)
    wait_until(got.is_set, what="the daemon to have the lock")
    thread.join()
