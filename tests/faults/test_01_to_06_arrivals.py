"""Faults 1 to 6: whatever events say or do not say, each file is taken once, and when it is whole.

But for fault 2 the daemon here sweeps once an hour: what it finds, an event or its own notice found.

Break it: let `Watcher.take_lost` say nothing (1); let `Loop` sweep never (2); let `Watcher.alive` look at no
emitter (3) or compare no inode (4); pass over renames in `Watcher.dispatch` (5); claim without asking
`model.reading.completeness` (6).
"""

import hashlib
import os
import random
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from daemon.monitoring.status_file import read_status
from tests.faults.conftest import CALM, Patient
from tests.support.daemons import count, files
from tests.support.deadlines import scaled
from tests.support.failing import Point
from tests.support.ledgers import assert_each_once, own_database
from tests.support.pictures import dicom_bytes, drop, png_bytes
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A daemon that does not sweep by itself."""
    settings = CALM | {"sweep_s": 3600, "settle_s": scaled(3), "incomplete_wait_s": scaled(120)}
    with Patient(tmp_path_factory.mktemp("arrivals") / "spool", **settings) as running:
        yield running


@pytest.fixture
def quiet(shared):
    """The daemon, which must still be the same process when the test is over."""
    yield shared
    shared.assert_well()


def test_05_each_way_of_arriving_is_taken_once(quiet, tmp_path, size):
    inbox, files_each = quiet.inbox, size(10, 100)
    for way in ("renamed", "linked", "copied"):
        (inbox / way).mkdir()
    moved = tmp_path / "moved" / "deeper"
    moved.mkdir(parents=True)
    for number in range(files_each):
        source = tmp_path / f"{number}.png"
        source.write_bytes(png_bytes(number))
        drop(inbox / "renamed" / f"{number}.png", png_bytes(number))
        os.link(source, inbox / "linked" / f"{number}.png")
        shutil.copyfile(source, inbox / "copied" / f"{number}.png")
        (moved / f"{number}.png").write_bytes(png_bytes(number))
    moved.parent.rename(inbox / "moved")

    for way in ("renamed", "linked", "copied", "moved"):
        assert {"classified"} == {row["outcome"] for row in quiet.wait_for(way, files_each, timeout_s=120)}
    assert files(inbox) == []


def test_06_a_file_is_taken_when_its_writer_is_done(quiet, size):
    """In pieces with pauses, reopened each time; at its full size first, filled later; after the rename."""
    pieces, others, pauses = size(4, 200), size(4, 20), random.Random(6)  # noqa: S311 - no secrets
    folder = quiet.inbox / "written"
    folder.mkdir()
    numbers = {"pieces": pieces, "filled": others, "on": others}
    data = {f"{kind}-{n}.dcm": dicom_bytes(600 + n) for kind, count in numbers.items() for n in range(count)}
    writing = {"pieces": in_pieces, "filled": at_full_size, "on": on_after_the_rename}

    writers = [
        threading.Thread(
            target=writing[name.partition("-")[0]],
            args=(folder / name, content, [pauses.uniform(0, size(0.4, 3)) for _ in range(4)]),
        )
        for name, content in data.items()
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    for row in quiet.wait_for("written", len(data), timeout_s=90):
        expected = hashlib.sha256(data[Path(row["source_name"]).name]).hexdigest()
        assert (row["outcome"], row["sha256"]) == ("classified", expected)


def in_pieces(path, content, pauses):
    step = len(content) // len(pauses) + 1
    for number, pause_s in enumerate(pauses):
        with path.open("ab") as file:
            file.write(content[number * step : (number + 1) * step])
        time.sleep(pause_s)  # the writer's own pause: what is tested


def at_full_size(path, content, pauses):
    with path.open("wb", buffering=0) as file:
        file.truncate(len(content))
        file.write(content[:1500])
        time.sleep(max(pauses))
        file.write(content[1500:])


def on_after_the_rename(path, content, pauses):
    beside = path.with_name(f".{path.name}")
    with beside.open("wb", buffering=0) as file:
        file.write(content[:9000])
        beside.rename(path)
        for start in range(9000, len(content), 2000):
            time.sleep(min(pauses) / 4)
            file.write(content[start : start + 2000])


def test_01_an_overflow_of_the_kernels_queue_costs_a_sweep_and_no_file(quiet, size):
    """The process stands still while more happens than the kernel remembers."""
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 40_000:
        pytest.skip("the kernel's queue is too long to be filled here")
    pictures = 20
    folder = quiet.inbox / "flood"
    folder.mkdir()
    drop(folder / "first.png", png_bytes(0))
    quiet.wait_for("flood", 1)  # the folder is watched
    quiet.stand_still()
    try:
        one, other = folder / ".one", folder / ".other"
        one.touch()
        for _ in range(limit // 2 + 100):  # two events each
            one.rename(other)
            one, other = other, one
        for number in range(pictures):
            (folder / f"{number}.png").write_bytes(png_bytes(number))
        for number in range(size(0, 19_980)):
            (folder / f"{number}.txt").write_text(f"{number}")
    finally:
        quiet.process.send_signal(signal.SIGCONT)

    quiet.wait_for("flood", size(21, 20_001), timeout_s=size(90, 1800))
    assert "events_lost" in [line["event"] for line in quiet.events()]


def test_04_an_inbox_that_is_made_anew_is_watched_again(quiet, tmp_path, size):
    """Removed, or moved away: then what is watched lives on elsewhere."""
    each = size(5, 10)
    for turn in range(size(2, 20)):
        wait_until(lambda: quiet.status()["watcher"] == "inotify", timeout_s=30, what="the watcher")
        quiet.inbox.rename(tmp_path / f"{turn}")
        if turn % 2:
            shutil.rmtree(tmp_path / f"{turn}")
        quiet.inbox.mkdir()
        for number in range(each):
            drop(quiet.inbox / f"again{turn}" / f"{number}.png", png_bytes(number))
        quiet.wait_for(f"again{turn}", each)


def test_02_files_that_no_event_tells_of_are_found_by_the_sweep(zygote, tmp_path, size):
    """The observer runs and says nothing."""
    spool = tmp_path / "spool"
    deaf = [(Point("daemon.inbox.events", "Watcher.dispatch"), "SKIP", {})]
    pid = zygote.start(spool, "run", faults=deaf, **CALM)
    wait_until(lambda: watching(spool, pid), timeout_s=60, what="the watcher")
    named = {f"{n % 7}/{n}.png": png_bytes(n) for n in range(size(20, 500))}
    for name, data in named.items():
        drop(spool / "inbox" / name, data)
    wait_until(lambda: count(spool) >= len(named), timeout_s=size(60, 300), what="every row")
    os.kill(pid, signal.SIGTERM)
    assert zygote.wait() == 0
    assert_each_once(spool, own_database(spool), named)


def test_03_an_emitter_that_dies_is_replaced_within_ten_seconds(zygote, tmp_path, size):
    """Its thread raises, and the daemon sweeps once an hour."""
    spool = tmp_path / "spool"
    dies = [
        (
            Point("watchdog.observers.inotify", "InotifyEmitter.queue_events"),
            "EIO",
            {"passes": 5, "times": 1},
        )
    ]
    pid = zygote.start(spool, "run", faults=dies, **CALM | {"sweep_s": 3600})
    wait_until(lambda: watching(spool, pid), timeout_s=60, what="the watcher")
    log = tmp_path / "spool.log"
    named = {f"{n}.png": png_bytes(n) for n in range(size(40, 100))}
    early = list(named)[: size(20, 20)]
    for name in early:
        drop(spool / "inbox" / name, named[name])
    wait_until(lambda: log.read_text().count('"inbox_watched"') == 2, timeout_s=30, what="another emitter")
    for name in list(named)[len(early) :]:
        drop(spool / "inbox" / name, named[name])
    wait_until(lambda: count(spool) >= len(named), timeout_s=60, what="every row")
    os.kill(pid, signal.SIGTERM)
    assert zygote.wait() == 0
    assert_each_once(spool, own_database(spool), named)


def watching(spool, pid):
    shown = read_status(spool) or {}
    return shown.get("pid") == pid and shown.get("watcher") == "inotify"
