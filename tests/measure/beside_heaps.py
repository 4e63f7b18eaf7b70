"""How long an ordinary drop waits for its row beside a hostile heap in the inbox (fault 76).

``python -m tests.measure.beside_heaps 200`` starts a daemon for each heap, lets it meet the heap, and then
drops so many radiographs, one after the other, each when the one before has its row. It prints p50, p99 and
the longest wait in seconds, and what the daemon had answered of the heap meanwhile. The goal is 5 s, on two
processors with nothing else to do.
"""

import statistics
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from daemon.inbox.crowd import MAX_WAITING
from daemon.monitoring.status_file import read_status
from daemon.spool.folders import Spool, create
from tests.support.bombs import kinds
from tests.support.daemons import RunningDaemon, count, rows
from tests.support.pictures import dicom_bytes, drop, png_bytes
from tests.support.waiting import wait_until

GOAL_S = 5.0
CUT = 10_050
LONG = 20
LONG_BYTES = 16 << 20
_ELEMENT = b"\x09\x00\x10\x00LO\x00\x00"


def cut_files(inbox):
    """Drop more files than are kept in mind, none of which is ever completed."""
    (inbox / "cut").mkdir()
    for number in range(CUT):
        (inbox / "cut" / f"{number}.png").write_bytes(png_bytes(1)[:200])


def long_file(size=LONG_BYTES):
    """Give a file of very many elements."""
    return bytes(128) + b"DICM" + _ELEMENT * (size // len(_ELEMENT))


def long_files(inbox):
    """Drop files of very many elements, each of which takes seconds to walk through."""
    data = long_file()
    for number in range(LONG):
        (inbox / f"long{number}.dcm").write_bytes(data)


def bombs(inbox):
    """Drop a bomb of each kind that the tests know."""
    made = kinds()  # first, for that takes a while
    for kind, data in made.items():
        (inbox / kind).write_bytes(data)


def is_known(daemon):
    """Return whether the daemon keeps as many files in mind as it ever does."""
    return (read_status(daemon.spool) or {}).get("waiting", 0) >= MAX_WAITING


def is_answered(daemon):
    """Return whether the first files were given up, and all others are about to be."""
    return count(daemon.spool) > 0


def at_once(_daemon):
    """Drop as soon as the heap lies there: the worst moment."""
    return True


HEAPS = {
    "cut files": (cut_files, is_known, {}),
    "cut files, touched for ever": (cut_files, is_known, {}),
    "cut files that are given up": (cut_files, is_answered, {"incomplete_wait_s": 20}),
    "files of very many elements": (long_files, at_once, {}),
    "bombs": (bombs, at_once, {}),
}


@contextmanager
def touching(folder, *, is_on):
    """Touch every file of a folder for as long as the block takes."""
    done = threading.Event()

    def touch():
        while not done.is_set():
            for path in folder.glob("*"):
                if done.wait(0.0005):
                    return
                path.touch()

    thread = threading.Thread(target=touch, daemon=True)
    if is_on:
        thread.start()
    try:
        yield
    finally:
        done.set()
        if is_on:
            thread.join()


def measure(name, drops):
    """Give the waits of drops beside a heap, in seconds, and how much of the heap was answered."""
    make, is_met, settings = HEAPS[name]
    with TemporaryDirectory() as folder:
        create(Spool(Path(folder) / "spool"))
        with RunningDaemon(Path(folder) / "spool", log_format="json", decode_workers=2, **settings) as daemon:
            make(daemon.inbox)
            wait_until(lambda: is_met(daemon), timeout_s=300, what="the heap to be met")
            waits = []
            with touching(daemon.inbox / "cut", is_on="touched" in name):
                for number in range(drops):
                    started = time.monotonic()
                    drop(daemon.inbox / f"good{number}.dcm", dicom_bytes(number))
                    while not count(daemon.spool, f"source_name = 'good{number}.dcm'"):
                        time.sleep(0.01)
                    waits.append(time.monotonic() - started)
            answered = count(daemon.spool) - drops
            outcomes = {row["outcome"] for row in rows(daemon.spool) if row["source_name"].startswith("good")}
        assert outcomes == {"classified"}
    return waits, answered


def main():
    """Measure all heaps, or those that are named."""
    drops, names = int(sys.argv[1]), sys.argv[2:] or HEAPS
    late = 0
    for name in names:
        waits, answered = measure(name, drops)
        p99 = statistics.quantiles(waits, n=100)[98]
        late += p99 > GOAL_S
        print(  # noqa: T201
            f"{name}: p50 {statistics.median(waits):.2f} s, p99 {p99:.2f} s, longest {max(waits):.2f} s, "
            f"first {waits[0]:.2f} s; of the heap answered meanwhile: {answered}",
            flush=True,
        )
    sys.exit(late > 0)


if __name__ == "__main__":
    main()
