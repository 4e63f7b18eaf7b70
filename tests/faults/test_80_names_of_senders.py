"""Fault 80: unfinished copies, markers and a desktop's files lie beside scans, and their names say so.

Break it: take `*.partial` out of `daemon.settings.ignored_names`, or let `daemon.inbox.markers.Markers.lacks`
say no.
"""

import pytest

from tests.faults.conftest import CALM
from tests.support.daemons import files, inboxray, rows
from tests.support.pictures import drop, png_bytes

UNFINISHED = (
    *("a.png.partial", "b.TEMP", "c.Tmp", "d.PART", "e.filepart", "f.CRDOWNLOAD", "g.png.download"),
    *("~h.png", "~$i.png", "._j.png", "DESKTOP.INI", "thumbs.db"),
)


def answered(spool, **settings):
    """Give the names that have a row once a daemon has been there."""
    end = inboxray(spool, "once", **CALM | settings)
    assert end.returncode == 0, end.stderr
    return {row["source_name"] for row in rows(spool)}


@pytest.mark.parametrize("more", ["", "*.xyz"])
def test_80_temporary_names_are_left_alone_in_any_capitals(tmp_path, more):
    """A setting that names more of them replaces none."""
    inbox = tmp_path / "spool" / "inbox"
    left = {*UNFINISHED} | ({"k.XYZ"} if more else set())
    for name in left | {"whole.png"}:
        drop(inbox / "ward" / name, png_bytes(1))

    assert answered(tmp_path / "spool", **({"ignore_more": more} if more else {})) == {"ward/whole.png"}
    assert {path.name for path in (inbox / "ward").iterdir()} == left


def test_80_a_marker_is_waited_for_and_goes_with_its_file(tmp_path):
    spool = tmp_path / "spool"
    settings = {"marker_suffixes": ".ready,.md5"}
    for name in ("a.png", "b.png", "c.png"):
        drop(spool / "inbox" / name, png_bytes(1))
    drop(spool / "inbox" / "a.png.ready", b"")
    drop(spool / "inbox" / "b.md5", b"0123 b.png")

    assert answered(spool, **settings) == {"a.png", "b.png"}
    assert [path.name for path in files(spool / "inbox")] == ["c.png"]
    drop(spool / "inbox" / "c.png.READY", b"")
    assert answered(spool, **settings) == {"a.png", "b.png", "c.png"}
    assert files(spool / "inbox") == []
