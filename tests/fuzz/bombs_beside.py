"""Bombs of every kind beside good X-rays: what they cost those who stand in the same queue.

``python -m tests.fuzz.bombs_beside 50 FOLDER`` drops 200 radiographs into the inbox of a daemon, and then the
same with so many bombs among them, of every kind and all at once, into that of another. It prints as JSON
when the last radiograph had its row, with and without the bombs, what became of these, and which promise was
broken (faults 20 to 25). A bomb's deadline is for the seconds that children were busy with it, in all of its
tries and with its hash: it waits for its turn besides. FOLDER is made, and removed at the end.
"""

import itertools
import json
import shutil
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from model.reading.completeness import Completeness, examine
from tests.support.bombs import EXPECTED, FRAMES, kinds
from tests.support.daemons import RunningDaemon, rows
from tests.support.pictures import dicom_bytes
from tests.support.shared import SHARED
from tests.support.tally import counts
from tests.support.waiting import wait_until

GOOD = 200
DEADLINE_S = 30
MEMORY_MB = 2048
WORKERS = 2
MOST_SECONDS_LATER = 60
MOST_SECONDS_OVER = 2
MOST_GROWTH_BYTES = 128 << 20
_MOST_SECONDS = 3600
_STAGES = ("read", "hash", "decode", "tried")


@dataclass(frozen=True)
class Run:
    """What came of dropping everything at once: times in seconds, memory in bytes at its highest."""

    last_good: float
    last: float
    processors: float
    own_memory: int
    children_memory: int
    rows: list


def good():
    """Give real radiographs where the data folder is at hand, else made ones, by name."""
    found = (path for path in sorted((SHARED / "xray" / "images").glob("*")) if _is_whole(path))
    real = list(itertools.islice(found, GOOD))
    made = {f"made-{number}.dcm": dicom_bytes(number) for number in range(GOOD - len(real))}
    return {path.name: path.read_bytes() for path in real} | made


def _is_whole(path):
    with path.open("rb") as file:
        return examine(file, path.stat().st_size) is Completeness.COMPLETE


class Watched:
    """The processes of a daemon: what they used, and the most memory that they had."""

    def __init__(self, pid):
        self.process = psutil.Process(pid)
        self.own = self.children = 0

    def look(self):
        """Take note of the memory now."""
        self.own = max(self.own, self.process.memory_info().rss)
        below = 0
        for child in self.process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                below += child.memory_info().rss
        self.children = max(self.children, below)

    def processor_time(self):
        """Give the processor seconds of all, those that ended included."""
        total = 0.0
        for one in (self.process, *self.process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += sum(one.cpu_times()[:4])
        return total


def run(folder, bombs):
    """Drop everything at once, and wait until each file has its row."""
    folder.mkdir(parents=True)
    settings = {"decode_workers": WORKERS, "deadline_s": DEADLINE_S, "decode_memory_mb": MEMORY_MB}
    with RunningDaemon(folder / "spool", fresh=True, log_format="json", **settings) as daemon:
        beside = daemon.spool / ".beside"
        beside.mkdir()
        pictures = good()
        total = len(pictures) + len(bombs)
        for name, data in (pictures | bombs).items():
            (beside / name).write_bytes(data)
        watched = Watched(daemon.process.pid)
        used, started = watched.processor_time(), time.monotonic()
        beside.rename(daemon.inbox / "all")

        def recorded():
            watched.look()
            return rows(daemon.spool, "source_name, outcome, error_code, durations")

        def good_ones():
            return [row for row in recorded() if Path(row["source_name"]).name in pictures]

        wait_until(lambda: len(good_ones()) == GOOD, timeout_s=_MOST_SECONDS, every_s=0.2, what="the good")
        last_good, used = time.monotonic() - started, watched.processor_time() - used
        wait_until(lambda: len(recorded()) == total, timeout_s=_MOST_SECONDS, every_s=0.5, what="all")
        last, found = time.monotonic() - started, recorded()
        assert daemon.stop() == 0
    return Run(last_good, last, used, watched.own, watched.children, found)


def seconds_of(row):
    """Add up how long children were busy with a file, in all of its tries; it waited for its turn besides."""
    spent = row["durations"]
    spent = json.loads(spent) if isinstance(spent, str) else spent
    return sum(spent.get(stage, 0.0) for stage in _STAGES)


def broken_promises(alone, beside, bombs):
    """List what did not hold; `bombs` is the kind of each by its name."""
    kept = [row for row in beside.rows if Path(row["source_name"]).name not in bombs]
    odd = [row for row in beside.rows if Path(row["source_name"]).name in bombs]
    promises = {
        "all good ones are classified": [row["outcome"] for row in kept] == ["classified"] * GOOD,
        "the last of them is not late": beside.last_good - alone.last_good <= MOST_SECONDS_LATER,
        "the daemon does not grow": beside.own_memory - alone.own_memory < MOST_GROWTH_BYTES,
        "its children keep to their memory": beside.children_memory < WORKERS * MEMORY_MB << 20,
    }
    for row in odd:
        kind = bombs[Path(row["source_name"]).name]
        code, spent = row["error_code"] or row["outcome"], seconds_of(row)
        allowed = DEADLINE_S + FRAMES.get(kind, 1) - 1 + MOST_SECONDS_OVER
        promises[f"{kind} is no {code}"] = code in EXPECTED[kind]
        promises[f"{kind} has its deadline, not {spent:.1f} s"] = spent <= allowed
    return [name for name, holds in promises.items() if not holds]


def main(number, folder):
    """Run it without and with bombs, print what came of it; 1 if a promise was broken."""
    each = kinds()
    of_kind = {f"{index:03}-{name}": name for index, name in zip(range(number), itertools.cycle(each))}
    alone = run(folder / "alone", {})
    beside = run(folder / "beside", {name: each[kind] for name, kind in of_kind.items()})
    found = {}
    for row in beside.rows:
        kind = of_kind.get(Path(row["source_name"]).name)
        if kind is not None:
            found.setdefault(f"{kind}: {row['error_code'] or row['outcome']}", []).append(seconds_of(row))
    broken = broken_promises(alone, beside, of_kind)
    answer = counts(GOOD + number, beside.rows) | {
        "alone": figures(alone),
        "beside": figures(beside),
        "bombs": {
            end: {"files": len(s), "most_seconds": round(max(s), 1)} for end, s in sorted(found.items())
        },
        "broken": broken,
    }
    sys.stdout.write(json.dumps(answer) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    return bool(broken)


def figures(done):
    """Give the figures of a run as they are printed."""
    return {
        "last_good_s": round(done.last_good, 1),
        "last_s": round(done.last, 1),
        "processors_s": round(done.processors, 1),
        "outcomes": dict(Counter(row["outcome"] for row in done.rows)),
        "daemon_mib": done.own_memory >> 20,
        "children_mib": done.children_memory >> 20,
    }


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
