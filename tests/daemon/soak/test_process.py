"""A soak's daemon is found whatever became of it. That it serves: `tests/daemon/cli/test_soak.py`."""

import os
import signal
import subprocess
import sys
import tomllib
from contextlib import suppress

import psutil
import pytest

from daemon.errors import DaemonAwayError
from daemon.settings.fields import Settings
from daemon.soak.process import _MARK, HASTY, SoakDaemon, processes_of
from daemon.spool.folders import Spool, create
from tests.support.deadlines import scaled
from tests.support.waiting import wait_until

FORKS = "import os, time\nif os.fork(): os._exit(0)\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n"


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path / "spool")
    create(made)
    return made


@pytest.fixture
def orphan(spool):
    """A process that a daemon of the soak started and then died."""
    process = subprocess.Popen(
        [sys.executable, "-c", FORKS],
        env=os.environ | {_MARK: str(spool.root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    pid = int(process.stdout.readline())
    process.wait()
    process.stdout.close()
    yield pid
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_a_process_is_found_after_its_parent_is_gone_and_by_its_spool_alone(spool, orphan, tmp_path):
    assert processes_of(spool.root) == [orphan]
    assert processes_of(tmp_path / "spoo") == []
    assert processes_of(tmp_path / "spool" / "inbox") == []


def test_all_of_them_are_ended(spool, orphan):
    daemon = SoakDaemon(spool, "sqlite:///x.db", Settings(spool=spool.root))
    daemon.end_all()
    wait_until(lambda: processes_of(spool.root) == [], what="the orphan to end")


def test_its_settings_are_the_users_but_for_haste_and_place(spool):
    SoakDaemon(
        spool, "postgresql://me:secret@host/db", Settings(spool="/elsewhere", batch_size=7, decode_workers=3)
    )
    config = spool.root / "soak.toml"
    values = tomllib.loads(config.read_text())
    assert (values["batch_size"], values["decode_workers"]) == (7, 3)
    assert values["database_url"] == "postgresql://me:secret@host/db"
    assert {name: values[name] for name in HASTY} == HASTY
    assert "spool" not in values
    assert config.stat().st_mode & 0o077 == 0


def test_a_daemon_that_ends_by_itself_is_not_waited_for(spool):
    """Its settings are none: it leaves with 78."""
    daemon = SoakDaemon(spool, "mysql://nowhere", Settings(spool=spool.root))
    daemon.start()
    with pytest.raises(DaemonAwayError, match="ended by itself with 78"):
        daemon.wait_until(lambda: False, scaled(60), "anything")
    assert daemon.kill() == 78
    assert b"database_url" in daemon.log.read_bytes()


def test_one_that_is_caught_at_work_is_held_until_it_is_killed_and_goes_on_else(spool):
    daemon = SoakDaemon(spool, "sqlite:///x.db", Settings(spool=spool.root))
    assert not daemon.is_caught(lambda: True)  # none was started
    daemon._process = subprocess.Popen([sys.executable, "-c", "import time\ntime.sleep(600)"])
    process = psutil.Process(daemon._process.pid)
    works = iter([False, True, False, True, True])

    assert not daemon.is_caught(lambda: next(works))
    assert not daemon.is_caught(lambda: next(works))
    wait_until(lambda: process.status() != psutil.STATUS_STOPPED, what="it to go on")
    assert daemon.is_caught(lambda: next(works))
    assert process.status() == psutil.STATUS_STOPPED
    assert daemon.ended() is None
    assert daemon.kill() == -signal.SIGKILL
