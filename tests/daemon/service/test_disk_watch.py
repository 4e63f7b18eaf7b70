import pytest

from daemon.errors import InputOutputError
from daemon.pauses import Pauses
from daemon.service.disk_watch import DiskWatch


def test_a_disk_that_stays_away_is_given_up(spool):
    pauses = Pauses()
    disk = DiskWatch(spool, pauses)
    disk.give_up_after(0)
    pauses.pause("disk", "ENOSPC")
    with pytest.raises(InputOutputError, match="has taken nothing"):
        disk.give_up_after(0)
    assert disk.tend()
    disk.give_up_after(0)
