"""Faults 1, 4, 5 and 6: whatever events say or do not say, each file is taken once, and when it is whole.

Faults 2 and 3 are shown in tests/daemon/test_loop.py. The daemon here sweeps once an hour: what it finds, an
event or its own notice found.

Break it: let `Watcher.take_lost` say nothing (1); compare no inode in `Watcher.alive` (4); leave folders out
of `Watcher.dispatch` (5); claim without asking `model.completeness` (6).
"""

import hashlib
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.faults.conftest import CALM, Patient
from tests.support.daemons import files
from tests.support.pictures import dicom_bytes, drop, png_bytes
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A daemon that does not sweep by itself."""
    settings = CALM | {"sweep_s": 3600, "settle_s": 3, "incomplete_wait_s": 120}
    with Patient(tmp_path_factory.mktemp("arrivals") / "spool", **settings) as running:
        yield running


@pytest.fixture
def quiet(shared):
    """The daemon, which must still be the same process when the test is over."""
    yield shared
    shared.assert_well()


def test_05_each_way_of_arriving_is_taken_once(quiet, tmp_path):
    inbox = quiet.inbox
    for way in ("renamed", "linked", "copied"):
        (inbox / way).mkdir()
    moved = tmp_path / "moved" / "deeper"
    moved.mkdir(parents=True)
    for number in range(10):
        source = tmp_path / f"{number}.png"
        source.write_bytes(png_bytes(number))
        drop(inbox / "renamed" / f"{number}.png", png_bytes(number))
        os.link(source, inbox / "linked" / f"{number}.png")
        shutil.copyfile(source, inbox / "copied" / f"{number}.png")
        (moved / f"{number}.png").write_bytes(png_bytes(number))
    moved.parent.rename(inbox / "moved")

    for way in ("renamed", "linked", "copied", "moved"):
        assert {"classified"} == {row["outcome"] for row in quiet.wait_for(way, 10)}
    assert files(inbox) == []


def test_06_a_file_is_taken_when_its_writer_is_done(quiet):
    """In pieces with pauses, reopened each time; and at its full size first, filled later."""
    folder = quiet.inbox / "written"
    folder.mkdir()
    data = {f"{kind}{n}.dcm": dicom_bytes(600 + n) for kind in ("pieces", "filled") for n in range(4)}

    def in_pieces(path, content):
        size = len(content) // 4 + 1
        for start in range(0, len(content), size):
            with path.open("ab") as file:
                file.write(content[start : start + size])
            time.sleep(0.2)  # the writer's own pause: what is tested

    def at_full_size(path, content):
        with path.open("wb", buffering=0) as file:
            file.truncate(len(content))
            file.write(content[:1500])
            time.sleep(0.5)
            file.write(content[1500:])

    writers = [
        threading.Thread(
            target=in_pieces if "pieces" in name else at_full_size, args=(folder / name, content)
        )
        for name, content in data.items()
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    for row in quiet.wait_for("written", len(data)):
        expected = hashlib.sha256(data[Path(row["source_name"]).name]).hexdigest()
        assert (row["outcome"], row["sha256"]) == ("classified", expected)


def test_01_an_overflow_of_the_kernels_queue_costs_a_sweep_and_no_file(quiet):
    """The process stands still while more happens than the kernel remembers."""
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 40_000:
        pytest.skip("the kernel's queue is too long to be filled here")
    folder = quiet.inbox / "flood"
    folder.mkdir()
    drop(folder / "first.png", png_bytes(0))
    quiet.wait_for("flood", 1)  # the folder is watched
    quiet.process.send_signal(signal.SIGSTOP)
    try:
        one, other = folder / ".one", folder / ".other"
        one.touch()
        for _ in range(limit // 2 + 100):  # two events each
            one.rename(other)
            one, other = other, one
        for number in range(20):
            (folder / f"{number}.png").write_bytes(png_bytes(number))
    finally:
        quiet.process.send_signal(signal.SIGCONT)

    quiet.wait_for("flood", 21, timeout_s=90)
    assert "events_lost" in [line["event"] for line in quiet.events()]


def test_04_an_inbox_that_is_made_anew_is_watched_again(quiet):
    for turn in range(2):
        wait_until(lambda: quiet.status()["watcher"] == "inotify", timeout_s=30, what="the watcher")
        shutil.rmtree(quiet.inbox)
        quiet.inbox.mkdir()
        for number in range(5):
            drop(quiet.inbox / f"again{turn}" / f"{number}.png", png_bytes(number))
        quiet.wait_for(f"again{turn}", 5)
