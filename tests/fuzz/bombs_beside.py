"""Bombs of every kind beside good X-rays: what they cost those who stand in the same queue.

``python -m tests.fuzz.bombs_beside 50 FOLDER`` drops 200 radiographs into the inbox of a daemon, and then the
same with so many bombs of every kind among them, all at once, into that of another. It prints when the last
radiograph had its row, with and without the bombs, and what became of these (faults 21, 22, 25). FOLDER is
made, and removed at the end.
"""

import itertools
import shutil
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil

from model.completeness import Completeness, examine
from tests.support.bombs import kinds
from tests.support.daemons import RunningDaemon, rows
from tests.support.pictures import dicom_bytes
from tests.support.shared import SHARED
from tests.support.waiting import wait_until

GOOD = 200
MOST_SECONDS_LATER = 60
_MOST_SECONDS = 3600


def good():
    """Give real radiographs where the data folder is at hand, else made ones, by name."""
    found = (path for path in sorted((SHARED / "xray" / "images").glob("*")) if _is_whole(path))
    real = list(itertools.islice(found, GOOD))
    made = {f"made-{number}.dcm": dicom_bytes(number) for number in range(GOOD - len(real))}
    return {path.name: path.read_bytes() for path in real} | made


def _is_whole(path):
    with path.open("rb") as file:
        return examine(file, path.stat().st_size) is Completeness.COMPLETE


def processor_time(process):
    """Give the processor seconds of a process and of all below it, those that ended included."""
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += sum(one.cpu_times()[:4])
    return total


def run(folder, bombs):
    """Drop everything at once; seconds until the last good row, in all and of processors, and the rows."""
    folder.mkdir(parents=True)
    with RunningDaemon(folder / "spool", decode_workers=2, log_format="json") as daemon:
        beside = daemon.spool / ".beside"
        beside.mkdir()
        pictures = good()
        total = len(pictures) + len(bombs)
        for name, data in (pictures | bombs).items():
            (beside / name).write_bytes(data)
        process = psutil.Process(daemon.process.pid)
        used, started = processor_time(process), time.monotonic()
        beside.rename(daemon.inbox / "all")

        def recorded():
            return rows(daemon.spool, "source_name, outcome, error_code, finished_at")

        def good_ones():
            return [row for row in recorded() if Path(row["source_name"]).name in pictures]

        wait_until(lambda: len(good_ones()) == GOOD, timeout_s=_MOST_SECONDS, every_s=0.2, what="the good")
        last_good, used = time.monotonic() - started, processor_time(process) - used
        wait_until(lambda: len(recorded()) == total, timeout_s=_MOST_SECONDS, every_s=0.5, what="all")
        last = time.monotonic() - started
        memory = process.memory_info().rss
        found = recorded()
        assert daemon.stop() == 0
    return last_good, used, last, memory, found


def main(number, folder):
    """Run it without and with bombs; 1 if a good radiograph was lost or came too late."""
    each = kinds()
    names = itertools.islice(itertools.cycle(each), number)
    bombs = {f"{index:03}-{name}": each[name] for index, name in enumerate(names)}
    alone, used, _, memory, found = run(folder / "alone", {})
    outcomes = Counter(row["outcome"] for row in found)
    sys.stdout.write(
        f"alone: last of {GOOD} after {alone:.1f} s ({used:.1f} s of processors) {dict(outcomes)}, "
        f"{memory >> 20} MiB\n"
    )
    sys.stdout.flush()
    beside, used, last, memory, found = run(folder / "beside", bombs)
    good_ones = [row for row in found if Path(row["source_name"]).name not in bombs]
    outcomes_beside = Counter(row["outcome"] for row in good_ones)
    sys.stdout.write(
        f"beside {len(bombs)} bombs of {len(each)} kinds: last of {GOOD} after {beside:.1f} s "
        f"({used:.1f} s of processors) {dict(outcomes_beside)}, last of all after {last:.1f} s, "
        f"{memory >> 20} MiB\n"
    )
    codes = Counter(
        (Path(row["source_name"]).name[4:], row["error_code"] or row["outcome"])
        for row in found
        if Path(row["source_name"]).name in bombs
    )
    for (name, code), count in sorted(codes.items()):
        sys.stdout.write(f"{count:6} {name:24} {code}\n")
    shutil.rmtree(folder, ignore_errors=True)
    return outcomes != outcomes_beside or beside - alone > MOST_SECONDS_LATER


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
