"""Fault 44: thousands of files in one go, and what the daemon holds: descriptors, memory, children.

``python -m tests.soak.leaks 10000 FOLDER`` puts so many pictures into the inbox of a daemon of its own, all
at once, looks at it after each thousand rows, and prints what it saw as JSON. It exits 1 if a file was lost
or doubled, if descriptors grew, or if the daemon's resident memory grew by 5 % after the first thousand. What
all of them have together is printed: children grow until they are renewed, each after a thousand files.
"""

import json
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from tests.support.daemons import RunningDaemon, count, rows
from tests.support.pictures import png_bytes
from tests.support.tally import counts
from tests.support.waiting import wait_until

STEP = 1000
MOST_GROWTH = 1.05
_SETTINGS = {"look_interval_ms": 50, "settle_s": 0.2, "sweep_s": 2, "decode_workers": 2, "log_format": "json"}
_DIFFERENT = 500  # pictures; each comes again under other names, changed by a byte at its end
_STALLED_S = 600


def arrive(daemon, number):
    """Put all files into the inbox by one rename."""
    beside = daemon.spool / ".arriving"
    beside.mkdir()
    pictures = [png_bytes(seed) for seed in range(_DIFFERENT)]
    for index in range(number):
        (beside / f"{index:06}.png").write_bytes(pictures[index % _DIFFERENT] + b"%d" % index)
    beside.rename(daemon.inbox / "all")


def look(process, done):
    """Take what a daemon holds now.

    Its resident memory is its own; shared pages are counted with those of its children, since a child that is
    renewed leaves its share of them to the others.
    """
    children, shared = process.children(recursive=True), process.memory_full_info().pss
    for child in children:
        with suppress(psutil.NoSuchProcess):  # renewed just now
            shared += child.memory_full_info().pss
    return {
        "files": done,
        "descriptors": process.num_fds(),
        "children": len(children),
        "rss_mib": round(process.memory_info().rss / 2**20, 1),
        "pss_of_all_mib": round(shared / 2**20, 1),
    }


def watch(daemon, total):
    """Look after each thousand rows, and when nothing is left to do."""
    process, seen = psutil.Process(daemon.process.pid), []
    for done in range(STEP, total + 1, STEP):
        wait_until(lambda done=done: count(daemon.spool) >= done, timeout_s=_STALLED_S, every_s=0.2)
        seen.append(look(process, done))
        sys.stderr.write(json.dumps(seen[-1]) + "\n")
    wait_until(lambda: not list((daemon.spool / "claimed").iterdir()), timeout_s=60, what="the moves")
    seen.append(look(process, total))
    return seen


def main(total, folder):
    """Run it and print what came of it; 1 if a promise was broken."""
    folder.mkdir(parents=True)
    began = time.monotonic()
    with RunningDaemon(folder / "spool", fresh=True, **_SETTINGS) as daemon:
        rest = look(psutil.Process(daemon.process.pid), 0)
        arrive(daemon, total)
        seen = watch(daemon, total)
        stopped = daemon.stop()
    growth = {name: seen[-1][name] / seen[0][name] for name in ("rss_mib", "pss_of_all_mib")}
    answer = counts(total, rows(daemon.spool, "source_name")) | {
        "stopped": stopped,
        "at_rest": rest,
        "first": seen[0],
        "last": seen[-1],
        "most_descriptors": max(one["descriptors"] for one in seen),
        "growth": {name: round(value, 4) for name, value in growth.items()},
        "seconds": round(time.monotonic() - began, 1),
    }
    answer["verdict"] = "pass" if holds(answer) else "fail"
    sys.stdout.write(json.dumps(answer) + "\n")
    return answer["verdict"] == "fail"


def holds(answer):
    """Tell whether nothing was lost, doubled or kept."""
    return (
        answer["lost"] == answer["twice"] == answer["stopped"] == 0
        and answer["last"]["descriptors"] <= answer["first"]["descriptors"]
        and answer["growth"]["rss_mib"] < MOST_GROWTH
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), Path(sys.argv[2])))
