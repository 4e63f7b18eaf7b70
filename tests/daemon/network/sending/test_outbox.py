import fcntl
import subprocess
import sys

import pytest

from daemon.errors import CannotCreateError, SpoolInUseError
from daemon.network.sending.entries import State, entries
from daemon.network.sending.outbox import Outbox
from daemon.settings.destinations import parse_destination
from tests.support.looks import look_until_one_is_refused

ADDRESS = "dicom://PACS@archive.example:104"


def test_there_is_one_sender(outbox):
    assert outbox.is_held()
    with pytest.raises(SpoolInUseError, match="another"), Outbox(outbox.root).held():
        pass


def test_it_is_free_once_its_sender_was_killed(tmp_path):
    words = "import sys, os, pathlib; from daemon.network.sending.outbox import Outbox\n"
    words += "with Outbox(pathlib.Path(sys.argv[1])).held(): os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", words, tmp_path / "outbox"], check=False)
    left = Outbox(tmp_path / "outbox")
    assert not left.is_held()
    with left.held():
        assert left.is_held()


def test_who_only_looks_keeps_no_sender_from_starting(tmp_path, monkeypatch):
    """Break it: take the lock once. `inboxray outbox` at that moment ends a sender that starts."""
    with Outbox(tmp_path / "outbox").held():
        pass
    look_until_one_is_refused(tmp_path / "outbox" / ".lock", monkeypatch)
    with Outbox(tmp_path / "outbox").held():
        assert Outbox(tmp_path / "outbox").is_held()


def test_halves_of_killed_writers_go_and_those_of_running_ones_stay(tmp_path, outbox):
    folder = outbox.folder(parse_destination(ADDRESS)) / "waiting"
    dead, alive = folder / ".a.dcm.1234.tmp", folder / ".b.dcm.1234.tmp"
    dead.write_bytes(b"half")
    alive.write_bytes(b"half")
    with alive.open() as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        outbox._remove_leftovers()

    assert not dead.exists()
    assert alive.exists()
    assert entries(folder.parent, State.WAITING) == []


def test_an_outbox_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "outbox").write_text("a file")
    with pytest.raises(CannotCreateError, match="outbox"), Outbox(tmp_path / "outbox").held():
        pass


def test_each_destination_is_found_by_its_address(outbox, fill_outbox):
    folder, _ = fill_outbox(ADDRESS)
    other, _ = fill_outbox("file:///srv")

    assert outbox.addresses() == {ADDRESS: folder, "file:///srv": other}
    assert 0 < outbox.free_percent() < 100
