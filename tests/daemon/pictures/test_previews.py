import os
import threading

import numpy as np
import pytest
from structlog.testing import capture_logs

from daemon.errors import CannotCreateError
from daemon.pictures.previews import open_previews
from daemon.pipeline.commit import Committer
from daemon.spool.claim import Claim
from daemon.spool.claiming import claim_file
from daemon.spool.dispose import Disposal
from model.reading.prepare import open_pictures
from tests.support.daemons import files, inboxray, rows
from tests.support.dicom_files import native
from tests.support.pictures import dicom_bytes, pixels, png_bytes
from tests.support.waiting import wait_until


def scan_id(number):
    return f"0199e000-0000-7000-8000-{number:012x}"


def put_away(spool, number, name, data, outcome="classified"):
    """Lay a file where its row says, and give what is known of it."""
    path = spool.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    claim = Claim(scan_id(number), spool.claimed / scan_id(number), os.fsencode(path.name))
    return Disposal(claim, outcome, None, name)


@pytest.fixture
def kept(spool, children):
    """Keep the pictures of scans and give what lies in png/ then."""

    def keep(*disposals):
        woken = threading.Event()
        previews = open_previews(spool, children, woken.set)
        previews.keep(disposals)
        wait_until(lambda: not previews.pending, what="the pictures")
        assert list((spool.png / ".work").iterdir()) == []
        if any(one.outcome == "classified" for one in disposals):
            wait_until(woken.is_set, what="the call that comes once none is pending")
        else:
            assert not woken.is_set()
        return [str(path.relative_to(spool.png)) for path in files(spool.png)]

    return keep


def test_each_frame_of_a_classified_scan_has_its_picture(spool, kept):
    one = put_away(spool, 1, "done/2026-11-23/ward/a.dcm", dicom_bytes(1))
    two = put_away(spool, 2, "done/2026-11-23/b", native(np.stack([pixels(1), pixels(2)])))
    not_ours = put_away(spool, 3, "done/2026-11-23/c.png", png_bytes(1), "rejected")
    day = "2026-11-23"
    assert kept(one, two, not_ours) == [f"{day}/b-0001.png", f"{day}/b-0002.png", f"{day}/ward/a.dcm.png"]
    (picture,) = open_pictures((spool.png / day / "ward/a.dcm.png").read_bytes())
    np.testing.assert_array_equal(next(iter(open_pictures(dicom_bytes(1)))), picture)


def test_a_picture_that_is_there_stays(spool, kept):
    there = spool.png / "2026-11-23/a.dcm.png"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"mine")
    with capture_logs() as logs:
        kept(put_away(spool, 1, "done/2026-11-23/a.dcm", dicom_bytes(1)))
    assert there.read_bytes() == b"mine"
    assert [(line["event"], line["reason"]) for line in logs] == [("picture_failed", "EEXIST")]


def test_a_file_that_was_requeued_meanwhile_is_a_line_in_the_log(spool, kept):
    gone = put_away(spool, 1, "done/2026-11-23/a.dcm", dicom_bytes(1))
    (spool.root / "done/2026-11-23/a.dcm").unlink()
    with capture_logs() as logs:
        assert kept(gone) == []
    assert [(line["scan_id"], line["reason"]) for line in logs] == [(scan_id(1), "unreadable")]


def committer_with(bench, previews):
    parts = (bench.spool, bench.recorder, bench.rules, bench.run_id)
    return Committer(*parts, pauses=bench.pauses, previews=previews)


def test_pictures_are_made_of_what_recovery_puts_away_and_of_nothing_that_still_waits(bench):
    previews = open_previews(bench.spool, bench.pool, bench.wake.set)
    committer = committer_with(bench, previews)
    (bench.spool.done / "blocked").write_text("in the way")
    disposals = []
    for name in ("a.dcm", "b.dcm"):
        claim = claim_file(bench.spool, bench.drop(name, dicom_bytes(1)))
        folder = "2026-11-23" if name == "a.dcm" else "blocked"
        disposals.append(Disposal(claim, "classified", None, f"done/{folder}/{name}"))
    with capture_logs() as logs:
        committer.dispose(disposals)
        wait_until(lambda: not committer.keeping, what="the picture")
    assert [line["event"] for line in logs] == ["disposal_failed"]
    assert [path.name for path in files(bench.spool.png)] == ["a.dcm.png"]

    (bench.spool.done / "blocked").unlink()
    committer.retry()
    wait_until(lambda: not committer.keeping, what="the other picture")
    assert [path.name for path in files(bench.spool.png)] == ["a.dcm.png", "b.dcm.png"]


def test_what_an_earlier_daemon_left_unfinished_goes(spool, children):
    left = spool.png / ".work" / scan_id(1) / "0001.png"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    open_previews(spool, children, lambda: None)
    assert list((spool.png / ".work").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_said_at_start(spool, children):
    spool.png.write_text("in the way")
    with pytest.raises(CannotCreateError, match="keep_png"):
        open_previews(spool, children, lambda: None)


def test_once_leaves_when_the_pictures_are_there_and_a_check_knows_nothing_of_them(tmp_path):
    spool = tmp_path / "spool"
    (spool / "inbox").mkdir(parents=True)
    for number in range(5):
        (spool / "inbox" / f"{number}.dcm").write_bytes(dicom_bytes(number))
    (spool / "inbox" / "cut.png").write_bytes(png_bytes(1)[:100])
    quick = {"settle_s": 0, "incomplete_wait_s": 0, "look_interval_ms": 10, "keep_png": True}
    end = inboxray(spool, "once", **quick)
    assert end.returncode == 0, end.stderr
    names = [path.name for path in files(spool / "png")]
    assert names == [f"{number}.dcm.png" for number in range(5)]
    end = inboxray(spool, "db", "check", "--deep")
    assert end.returncode == 0, end.stdout
    one = rows(spool, "scan_id", "source_name = '0.dcm'")[0]["scan_id"]
    assert inboxray(spool, "requeue", one).returncode == 0
    assert inboxray(spool, "once", **quick).returncode == 0
    assert len(files(spool / "png")) == 6
    assert {row["outcome"] for row in rows(spool, where="source_name != 'cut.png'")} == {"classified"}
