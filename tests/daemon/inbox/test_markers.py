import os

import pytest

from daemon.inbox.markers import Markers
from daemon.spool.claim import CANARY, Origin
from daemon.spool.origins import InboxNote


@pytest.fixture
def put(spool):
    """Put empty files into the inbox."""

    def made(*names):
        for name in names:
            path = spool.inbox / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    return made


@pytest.fixture
def markers(spool):
    return Markers(spool.inbox, [".ready", ".md5"])


@pytest.mark.parametrize("marker", ["a.dcm.ready", "a.ready", "a.dcm.md5", "a.READY"])
def test_a_file_lacks_its_marker_until_one_is_beside_it(put, markers, marker):
    put("ward/a.dcm", "ward/b.dcm", "a.dcm.ready")
    assert markers.lacks(b"ward/a.dcm")
    put(f"ward/{marker}")
    assert not markers.lacks(b"ward/a.dcm")
    assert markers.lacks(b"ward/b.dcm")


def test_without_the_setting_no_file_lacks_anything(put, spool):
    nothing = Markers(spool.inbox, ())
    put("a.dcm", "a.dcm.ready")
    assert not nothing.lacks(b"a.dcm")
    assert list(nothing.marked(b"a.dcm.ready")) == []
    nothing.remove(b"a.dcm")
    assert (spool.inbox / "a.dcm.ready").exists()


def test_a_marker_leads_to_its_files(put, markers):
    put("ward/a.dcm", "ward/a.png", "ward/b.dcm", "ward/a.md5")
    assert list(markers.marked(b"ward/a.dcm.ready")) == [b"ward/a.dcm"]
    assert sorted(markers.marked(b"ward/a.ready")) == [b"ward/a.dcm", b"ward/a.png"]
    assert list(markers.marked(b"ward/c.ready")) == []
    assert list(markers.marked(b"nowhere/a.ready")) == []
    assert list(markers.marked(b"ward/a.dcm")) == []
    assert list(markers.marked(b".ready")) == []


def test_markers_go_with_the_last_of_their_files(put, markers, spool):
    """Break it: remove each marker at once: the second file would wait for ever."""
    put("a.dcm", "a.png", "a.dcm.ready", "a.md5", "b.ready")
    os.unlink(spool.inbox / "a.dcm")  # as its claim does
    markers.remove(b"a.dcm")
    assert sorted(os.listdir(spool.inbox)) == ["a.md5", "a.png", "b.ready"]
    assert not markers.lacks(b"a.png")
    os.unlink(spool.inbox / "a.png")
    markers.remove(b"a.png")
    assert os.listdir(spool.inbox) == ["b.ready"]


@pytest.mark.parametrize("origin", [CANARY, Origin(requeued_from="0190")])
def test_what_we_put_there_ourselves_needs_no_marker(put, markers, spool, origin):
    """Break it: ask for a marker. No canary is answered then, and nothing that was requeued."""
    put("a.dcm")
    path = spool.inbox / "a.dcm"
    InboxNote.of(spool, path.stat(), origin).write()
    assert not markers.lacks(b"a.dcm")
    path.write_bytes(b"another file by now")
    assert markers.lacks(b"a.dcm")


def test_a_file_that_came_back_has_a_marker_again(put, markers, spool):
    put("ward/a.dcm")
    markers.restore(b"ward/a.dcm")
    assert sorted(os.listdir(spool.inbox / "ward")) == ["a.dcm", "a.dcm.ready"]
    assert not markers.lacks(b"ward/a.dcm")
    markers.restore(b"ward/a.dcm")
    Markers(spool.inbox, ()).restore(b"ward/b.dcm")
    assert len(os.listdir(spool.inbox / "ward")) == 2


def test_a_marker_of_one_file_goes_without_a_look_at_all_others(put, markers, spool, monkeypatch):
    """Break it: ask whether it stands for others too: 17 ms a claim among 10,000 files and their markers."""
    put("a.dcm", "b.dcm", "a.dcm.ready")
    os.unlink(spool.inbox / "a.dcm")
    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", lambda _path: pytest.fail("it looked"))
        markers.remove(b"a.dcm")
    assert os.listdir(spool.inbox) == ["b.dcm"]
