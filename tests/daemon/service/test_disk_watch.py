import time
from types import SimpleNamespace

import pytest

from daemon.errors import InputOutputError
from daemon.pauses import Pauses
from daemon.service import disk_watch
from daemon.service.disk_watch import DiskWatch
from tests.support.deadlines import scaled


def test_a_disk_that_stays_away_is_given_up(spool):
    pauses = Pauses()
    disk = DiskWatch(spool, pauses)
    disk.give_up_after(0)
    pauses.pause("disk", "ENOSPC")
    with pytest.raises(InputOutputError, match="has taken nothing"):
        disk.give_up_after(0)
    assert disk.tend()
    disk.give_up_after(0)


def test_a_disk_that_passes_each_probe_and_refuses_again_is_given_up(spool):
    """Break it: count from the beginning of the last pause."""
    pauses, began = Pauses(), time.monotonic()
    disk = DiskWatch(spool, pauses, probe_s=0)
    pauses.pause("disk", "EIO")

    def passes():
        while time.monotonic() < began + scaled(10):
            disk.give_up_after(0.2)
            assert disk.tend()
            pauses.pause("disk", "EIO")

    with pytest.raises(InputOutputError):
        passes()
    assert time.monotonic() > began + 0.2


def test_a_pass_without_the_pause_begins_the_wait_anew(spool, monkeypatch):
    moment = [1000.0]
    monkeypatch.setattr(disk_watch, "time", SimpleNamespace(monotonic=lambda: moment[0]))
    pauses = Pauses()
    disk = DiskWatch(spool, pauses, probe_s=0)
    pauses.pause("disk", "EIO")
    moment[0] += 0.3
    pauses.resume("disk")
    disk.give_up_after(0.2)
    pauses.pause("disk", "EIO")
    moment[0] += 0.1
    disk.give_up_after(0.2)
    moment[0] += 0.2
    with pytest.raises(InputOutputError):
        disk.give_up_after(0.2)
