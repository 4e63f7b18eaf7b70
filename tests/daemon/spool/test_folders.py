import fcntl
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from daemon.errors import CannotCreateError, ConfigurationError, SpoolInUseError
from daemon.spool.folders import Spool, create, hold_lock, is_held, probe_disk, prove_renames
from tests.support.shared import ROOT
from tests.support.waiting import wait_until

HOLD = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from daemon.spool.folders import Spool, hold_lock\n"
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


def test_folders_are_made_and_private(tmp_path):
    made = Spool(tmp_path / "deep" / "spool")
    create(made)
    create(made)
    modes = {
        folder.name: stat.S_IMODE(folder.stat().st_mode) for folder in (made.claimed, made.done, made.failed)
    }
    assert modes == {"claimed": 0o700, "done": 0o700, "failed": 0o700}
    assert made.inbox.is_dir()
    assert stat.S_IMODE(made.export.stat().st_mode) & 0o007 == 0
    assert [path.name for path in made.root.rglob("*probe*")] == []


def test_a_group_can_read_the_exports_whatever_the_umask_of_the_service(tmp_path):
    """Fault 50: all else is private."""
    made = Spool(tmp_path / "spool")
    former = os.umask(0o077)
    try:
        create(made)
    finally:
        os.umask(former)
    assert stat.S_IMODE(made.export.stat().st_mode) == 0o750
    made.export.chmod(0o700)
    create(made)
    assert stat.S_IMODE(made.export.stat().st_mode) == 0o700


def test_a_spool_that_cannot_be_made_says_where(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CannotCreateError, match="spool") as caught:
        create(Spool(tmp_path / "file" / "spool"))
    assert caught.value.exit_code == 73


def test_folders_that_no_rename_reaches_are_refused(tmp_path):
    """Fault 15: on another file system; the kernel's own devices in memory are one."""
    made = Spool(tmp_path / "spool")
    create(made)
    elsewhere = Path("/dev/shm")  # noqa: S108  # a file system of its own; nothing is written to it
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system to rename to")
    made.done.rmdir()
    made.done.symlink_to(elsewhere)
    with pytest.raises(ConfigurationError, match="different mounts") as caught:
        prove_renames(made)
    assert caught.value.exit_code == 78
    assert [path.name for path in made.root.rglob("*probe*")] == []


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


def test_the_disk_is_probed_and_nothing_is_left(spool):
    assert probe_disk(spool)
    assert list(spool.claimed.iterdir()) == []


def test_a_disk_that_refuses_is_noticed(spool):
    spool.claimed.rmdir()
    assert not probe_disk(spool)


def test_under_the_daemons_umask_a_group_can_drop_and_fetch_and_see_nothing_else(tmp_path):
    former = os.umask(0o077)
    try:
        made = Spool(tmp_path / "spool")
        create(made)
    finally:
        os.umask(former)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [made.root, *made.root.iterdir()]}
    group = {"spool": 0o711, "inbox": 0o770, "export": 0o750}
    assert modes == group | dict.fromkeys(modes.keys() - group.keys(), 0o700)
    made.inbox.chmod(0o2775)  # what somebody chose is left alone
    create(made)
    assert stat.S_IMODE(made.inbox.stat().st_mode) == 0o2775
