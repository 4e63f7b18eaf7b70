"""Files that the daemon put back: its own rename is no sign that a writer is done."""

import os

import pytest

from daemon.inbox.events import Sign
from tests.support.intakes import WHOLE, hint, put, ready, settle_now


def put_back(spool, intake, name):
    """Put a file where one that was claimed has gone back to, as the pipeline does."""
    path = put(spool, name)
    intake.take_back(os.fsencode(name))
    return path


def test_our_own_rename_is_no_sign_of_the_writer(spool, intake, clock):
    """Its writer may still be at it; other renames are trusted."""
    path = put_back(spool, intake, "a.png")
    intake.take_hints([hint(path, sign=Sign.RENAMED)])
    assert ready(intake) == []
    clock.now += 5
    assert ready(intake) == [b"a.png"]
    intake.take_hints([hint(put(spool, "b.png"), sign=Sign.RENAMED)])
    assert ready(intake) == [b"b.png"]


@pytest.mark.parametrize("grows", [False, True])
def test_nor_however_late_its_event_comes(spool, intake, clock, grows):
    """Sweeps end meanwhile, and the file is written to. Break it: let `see` not keep `is_returned`."""
    path = put_back(spool, intake, "ward/a.png")
    for _ in range(3):
        intake.begin_sweep()
        settle_now(intake)
        clock.now += 1
    if grows:
        with open(path, "ab") as file:
            file.write(b"more")
    intake.take_hints([hint(path, sign=Sign.RENAMED)])
    intake.take_hints([hint(os.path.dirname(path), sign=Sign.RENAMED, is_folder=True)])
    settle_now(intake)
    assert ready(intake) == []


def test_the_close_of_a_file_that_went_back_is_one(spool, intake):
    path = put_back(spool, intake, "a.png")
    intake.take_hints([hint(path, sign=Sign.RENAMED), hint(path, sign=Sign.CLOSED)])
    assert ready(intake) == [b"a.png"]


def test_another_file_of_that_name_is_trusted(spool, intake, tmp_path):
    path = put_back(spool, intake, "a.png")
    (tmp_path / "other").write_bytes(WHOLE)
    (tmp_path / "other").rename(os.fsdecode(path))
    intake.take_hints([hint(path, sign=Sign.RENAMED)])
    assert ready(intake) == [b"a.png"]


def test_a_file_that_went_back_and_is_gone_is_no_error(spool, intake):
    intake.take_back(b"gone.png")
    os.mkfifo(spool.inbox / "fifo")
    intake.take_back(b"fifo")
    assert intake.waiting == 0
