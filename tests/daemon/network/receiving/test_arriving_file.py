"""An object is on disk, whole and synced, before its status is success; else nothing of it stays."""

import errno
import os

import pytest

from daemon.network.receiving.arriving_file import ArrivingFile
from daemon.network.receiving.commands import Status
from daemon.network.receiving.landing import Landing
from tests.support.dicom_peer import CR, EXPLICIT, data_set
from tests.support.receivers import hidden, received

HEAD = bytes(128) + b"DICM"


@pytest.fixture
def landing(spool):
    made = Landing(spool.inbox, (".*",), [])
    with made.held():
        yield made


def arriving(landing, *, max_bytes=1 << 20, uid="1.2.3"):
    return ArrivingFile(landing, HEAD, (EXPLICIT, CR, uid), "CT1", max_bytes)


def write(file, content, size=1000):
    for at in range(0, len(content), size):
        file.write(memoryview(content)[at : at + size])


def test_what_came_lies_behind_its_head(spool, landing):
    content = data_set(pixels=os.urandom(700_000))
    file = arriving(landing)
    write(file, content)
    assert len(hidden(spool)) == 1
    assert received(spool) == []

    assert Status.SUCCESS is file.finish()

    (stored,) = received(spool)
    assert HEAD + content == stored.read_bytes()
    assert hidden(spool) == []


def test_it_is_synced_before_it_has_its_name(spool, landing, monkeypatch):
    """Break it: sync after the rename. A loss of power then leaves a name without its bytes."""
    steps = []
    real_sync, real_land = os.fsync, landing.land
    monkeypatch.setattr(os, "fsync", lambda fd: (steps.append(os.fstat(fd).st_size), real_sync(fd)))
    monkeypatch.setattr(landing, "land", lambda *given: (steps.append("land"), real_land(*given)))
    file = arriving(landing)
    content = data_set()
    write(file, content)
    file.finish()
    assert [len(HEAD) + len(content), "land"] == steps[:2]


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (errno.ENOSPC, Status.OUT_OF_RESOURCES),
        (errno.EDQUOT, Status.OUT_OF_RESOURCES),
        (errno.EIO, Status.PROCESSING_FAILURE),
        (errno.EROFS, Status.PROCESSING_FAILURE),
    ],
)
@pytest.mark.parametrize("step", ["begin", "write", "fsync", "land"])
def test_a_disk_that_refuses_gives_a_status_and_leaves_nothing(
    spool, landing, monkeypatch, step, number, status
):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(landing if step in ("begin", "land") else os, step, refuse)
    file = arriving(landing)
    write(file, data_set(pixels=bytes(600_000)))
    assert status is file.finish()
    monkeypatch.undo()
    assert hidden(spool) == []
    assert received(spool) == []


def test_too_much_is_refused_at_the_first_byte_too_many(spool, landing):
    file = arriving(landing, max_bytes=1000)
    write(file, data_set(pixels=bytes(1000)))
    assert hidden(spool) == []
    assert Status.TOO_LARGE is file.finish()


def test_a_data_set_of_another_instance_is_not_kept(spool, landing):
    file = arriving(landing, uid="1.2.4")
    write(file, data_set("1.2.3"))
    assert Status.DOES_NOT_MATCH is file.finish()
    assert received(spool) + hidden(spool) == []


def test_one_that_is_discarded_leaves_nothing(spool, landing):
    file = arriving(landing)
    write(file, data_set())
    file.discard()
    file.discard()
    assert received(spool) + hidden(spool) == []
