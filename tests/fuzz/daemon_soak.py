"""Thousands of damaged files through one running daemon: an outcome each, and nothing of it stays behind.

``python -m tests.fuzz.daemon_soak 20000 FOLDER`` drops so many mutations of eleven different files into the
inbox of a daemon of its own, 500 at a time, and prints as JSON how many ended with which code, what memory
the daemon and its children took meanwhile, and which promise was broken (faults 17 and 18). FOLDER is made.
"""

import json
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil

from tests.fuzz.mutations import mutate
from tests.fuzz.samples import samples
from tests.support.daemons import RunningDaemon, count, rows
from tests.support.tally import counts
from tests.support.waiting import wait_until

NAMES = (
    "explicit",
    "deflated",
    "sequences",
    "MR_small_RLE.dcm",
    "jpeg_12",
    "jpeg_lossless",
    "jpeg_ls",
    "jpeg_2000",
    "htj2k",
    "jpeg_xl",
    "png_colour_16",
)
BATCH = 500
WARM_UP = 2000
_FIRST_SEED = 100_000
_MOST_GROWTH_BYTES = 32 << 20
_MOST_SECONDS_A_BATCH = 600
_SETTINGS = {
    "look_interval_ms": 50,
    "settle_s": 0.2,
    "incomplete_wait_s": 0.5,
    "sweep_s": 2,
    "decode_workers": 2,
    "log_format": "json",
}


def memory(process):
    """Give the proportional set size of a process, and of all below it, bytes."""
    below = 0
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # renewed meanwhile
            below += child.memory_full_info().pss
    return process.memory_full_info().pss, below


def drop(daemon, first, number):
    """Put mutations into the inbox as one folder: all of them at once."""
    known = samples()
    beside = daemon.spool / f".{first}"
    beside.mkdir()
    for index in range(first, first + number):
        name, seed = NAMES[index % len(NAMES)], _FIRST_SEED + index // len(NAMES)
        (beside / f"{name}-{seed}").write_bytes(mutate(name, seed, known[name]))
    beside.rename(daemon.inbox / f"{first:06}")


def soak(daemon, total):
    """Drop all files, and give the memory after each batch: a list of (files, daemon's bytes, children's)."""
    process, taken = psutil.Process(daemon.process.pid), []
    started = time.monotonic()
    for first in range(0, total, BATCH):
        drop(daemon, first, min(BATCH, total - first))
        done = min(first + BATCH, total)
        wait_until(
            lambda done=done: count(daemon.spool) >= done or daemon.process.poll() is not None,
            timeout_s=_MOST_SECONDS_A_BATCH,
            every_s=0.5,
            what=f"{done} rows",
        )
        taken.append((done, *memory(process)))
        sys.stderr.write(f"{done:6} files {time.monotonic() - started:6.0f} s {taken[-1][1] >> 20} MiB\n")
    return taken


def broken_promises(daemon, total, recorded, taken, children):
    """List what did not hold."""
    warm = next((row for row in taken if row[0] >= WARM_UP), taken[0])
    promises = {
        "every file has one row": len(recorded) == total == len({row["source_name"] for row in recorded}),
        "the daemon's process was never restarted": daemon.process.poll() is None,
        "its memory is flat": taken[-1][1] - warm[1] < _MOST_GROWTH_BYTES,
        "claimed/ is empty": not list((daemon.spool / "claimed").iterdir()),
        "inbox/ is empty": not [path for path in daemon.inbox.rglob("*") if path.is_file()],
    }
    promises["it stops with 0"] = daemon.stop() == 0
    promises["no child is left"] = not psutil.wait_procs(children, timeout=10)[1]
    return [name for name, holds in promises.items() if not holds]


def main(total, folder):
    """Run it and print what came of it; 1 if a promise was broken."""
    folder.mkdir(parents=True)
    with RunningDaemon(folder / "spool", fresh=True, **_SETTINGS) as daemon:
        taken = soak(daemon, total)
        wait_until(lambda: not list((daemon.spool / "claimed").iterdir()), timeout_s=60, what="the moves")
        children = psutil.Process(daemon.process.pid).children(recursive=True)
        recorded = rows(daemon.spool, "source_name, outcome, error_code")
        broken = broken_promises(daemon, total, recorded, taken, children)
    shown = [row for row in taken if row[0] in (taken[0][0], WARM_UP, total) or row[0] % 5000 == 0]
    answer = counts(total, recorded) | {
        "codes": dict(Counter(row["error_code"] or row["outcome"] for row in recorded).most_common()),
        "pss_mib": [
            {"files": done, "daemon": own >> 20, "children": below >> 20} for done, own, below in shown
        ],
        "children_at_the_end": len(children),
        "broken": broken,
    }
    sys.stdout.write(json.dumps(answer) + "\n")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
