import os

import numpy as np
import pytest
from structlog.testing import capture_logs

from daemon.decoding.messages import FramePreview
from daemon.pictures.stored_previews import StoredPreviews, stored_preview
from daemon.spool.folders import Spool
from daemon.spool.preview_files import preview_file
from tests.support.daemons import files, inboxray, rows
from tests.support.dicom_files import native
from tests.support.mounts import tmpfs
from tests.support.pictures import dicom_bytes, pixels, png_bytes, small_jpeg

SCAN_ID = "019a9000-0000-7000-8000-0123456789ab"
OTHER = "019a9000-0000-7000-8000-0123456789ac"
PREVIEWS = (
    FramePreview(small_jpeg(b"one"), small_jpeg(b"1")),
    FramePreview(small_jpeg(b"two"), small_jpeg(b"2")),
)


@pytest.fixture
def stored(spool):
    made = StoredPreviews(spool)
    made.write(SCAN_ID, PREVIEWS)
    return made


def test_each_frame_comes_back_in_both_sizes(spool, stored):
    for small in (False, True):
        found = [stored_preview(spool, SCAN_ID, frame, small=small) for frame in (1, 2)]
        assert found == [one.thumbnail if small else one.preview for one in PREVIEWS]


@pytest.mark.parametrize("content", [b"", bytes(500), small_jpeg()[:-1], small_jpeg(bytes(2 << 20))])
def test_what_a_power_cut_left_is_none(spool, stored, content):
    """Break it: give it. A browser shows a broken picture for an hour, and the file is never drawn."""
    for small in (False, True):
        preview_file(spool, SCAN_ID, 1, small=small).write_bytes(content)
        assert stored_preview(spool, SCAN_ID, 1, small=small) is None


@pytest.mark.parametrize(
    ("scan_id", "frame"), [(SCAN_ID, 3), (SCAN_ID, 0), (SCAN_ID, -1), (OTHER, 1), ("../results.db", 1)]
)
def test_what_was_not_kept_is_none(spool, stored, scan_id, frame):
    assert stored_preview(spool, scan_id, frame, small=False) is None


def test_a_link_and_a_pipe_in_its_place_are_none(spool, stored, tmp_path):
    (tmp_path / "other").write_text("of another scan")
    for frame in (1, 2):
        preview_file(spool, SCAN_ID, frame, small=False).unlink()
    preview_file(spool, SCAN_ID, 1, small=False).symlink_to(tmp_path / "other")
    os.mkfifo(preview_file(spool, SCAN_ID, 2, small=False))

    assert [stored_preview(spool, SCAN_ID, frame, small=False) for frame in (1, 2)] == [None, None]


def test_a_picture_as_small_as_its_thumbnail_has_one_file(spool):
    only = small_jpeg(b"both")
    StoredPreviews(spool).write(SCAN_ID, (FramePreview(only, only),))

    assert len(files(spool.previews)) == 1
    assert [stored_preview(spool, SCAN_ID, 1, small=small) for small in (False, True)] == [only, only]


def test_without_previews_no_folder_is_made(spool):
    StoredPreviews(spool).write(SCAN_ID, ())
    assert not spool.previews.exists()


def test_a_full_disk_costs_the_pictures_and_is_logged_once_until_it_is_over(tmp_path):
    """Break it: let the error pass. The daemon ends, with rows that stand and files that were not moved."""
    with tmpfs(tmp_path / "spool") as root:
        spool = Spool(root)
        stored = StoredPreviews(spool)
        large = FramePreview(b"x" * (2 << 20), b"1")
        with capture_logs() as logs:
            for _ in range(3):
                stored.write(SCAN_ID, (PREVIEWS[0], large))
            stored.write(OTHER, PREVIEWS)
            stored.write(SCAN_ID, (large,))
        found = [(line["event"], line["reason"], line["log_level"]) for line in logs]
        assert found == [("preview_failed", "ENOSPC", "warning")] * 2
        assert stored.failed == 4
        # Of the one both thumbnails: a preview did not fit, and one not again; of the other all.
        assert len(files(spool.previews)) == 2 + 4
        assert list(spool.previews.rglob(".*")) == []


def test_a_place_that_is_taken_costs_the_pictures_alone(spool):
    spool.previews.write_text("in the way")
    stored = StoredPreviews(spool)
    with capture_logs() as logs:
        stored.write(SCAN_ID, PREVIEWS)

    assert [line["reason"] for line in logs] == ["ENOTDIR"]
    assert stored_preview(spool, SCAN_ID, 1, small=False) is None


QUICK = {"settle_s": 0, "incomplete_wait_s": 0, "look_interval_ms": 10}


@pytest.fixture
def answered(tmp_path):
    """Let a real daemon answer files, and give its spool."""

    def answer(named, **settings):
        spool = Spool(tmp_path / "spool")
        spool.inbox.mkdir(parents=True, exist_ok=True)
        for name, data in named.items():
            (spool.inbox / name).write_bytes(data)
        end = inboxray(spool.root, "once", **(QUICK | settings))
        assert end.returncode == 0, end.stderr
        answer.log = end.stdout + end.stderr
        return spool

    return answer


def kept(spool):
    """Give how many frames of each scan have both small pictures, by its name."""
    found = {}
    for row in rows(spool.root):
        frames = range(1, 20)
        both = [
            [stored_preview(spool, row["scan_id"], n, small=one) for one in (False, True)] for n in frames
        ]
        found[row["source_name"]] = sum(None not in pair for pair in both)
    assert len(files(spool.previews)) == sum(found.values())  # each is small enough for one file
    return found


def test_a_real_daemon_keeps_them_of_what_it_classified_and_of_nothing_else(answered):
    frames = np.stack([pixels(seed) for seed in range(10)])
    named = {"a.png": png_bytes(1), "ten.dcm": native(frames), "cut.png": png_bytes(2)[:300]}
    spool = answered(
        named | {"us.dcm": dicom_bytes(3, Modality="US")}, exclude_modalities="US", log_format="json"
    )

    assert kept(spool) == {"a.png": 1, "ten.dcm": 8, "cut.png": 0, "us.dcm": 0}
    assert inboxray(spool.root, "db", "check", "--deep").returncode == 0
    assert {row["scan_id"] for row in rows(spool.root, where="durations LIKE '%preview%'")} == {
        row["scan_id"] for row in rows(spool.root, where="outcome = 'classified'")
    }


def test_they_go_when_their_scan_is_requeued_and_its_next_answer_has_its_own(answered):
    spool = answered({"a.png": png_bytes(1)})
    (first,) = rows(spool.root)
    assert inboxray(spool.root, "requeue", first["scan_id"]).returncode == 0
    assert files(spool.previews) == []
    answered({})
    (_, second) = rows(spool.root)

    assert stored_preview(spool, first["scan_id"], 1, small=True) is None
    assert stored_preview(spool, second["scan_id"], 1, small=True).startswith(b"\xff\xd8")


def test_a_real_daemon_without_room_for_them_answers_all_the_same(answered, tmp_path):
    named = {f"{seed}.png": png_bytes(seed) for seed in range(3)}
    with tmpfs(tmp_path / "spool" / "previews", size="4k", inodes=3):
        spool = answered(named, log_format="json")
        assert len(files(spool.done)) == 3
        assert files(spool.previews) == []
    assert {row["outcome"] for row in rows(spool.root)} == {"classified"}
    assert answered.log.count('"preview_failed"') == 1
    assert "ENOSPC" in answered.log
    assert "intake_paused" not in answered.log


def test_none_are_kept_where_that_is_set(answered):
    assert not answered({"a.png": png_bytes(1)}, previews="false").previews.exists()
