"""How long a scan takes from the start of its C-STORE until its report is in the archive.

    python -m tests.measure.there_and_back [SCANS] [ROWS] [COLUMNS]

One scan at a time, each after the report of the one before: modality, receiver, daemon, sender and
Orthanc with usual settings, in a network that has loopback alone. Prints the median, the 99th percentile, and
where the time went. Needs Orthanc, and root, or the right to make namespaces.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from daemon.network.rehearsal.alone import alone, raise_loopback
from tests.support.travels import Modality, Way, scan

EVERY_S = 0.01
LONGEST_S = 60


def wait_for(condition):
    """Wait, and give when it came true."""
    until = time.perf_counter() + LONGEST_S
    while not condition():
        if time.perf_counter() > until:
            sys.exit("it did not come back within a minute")
        time.sleep(EVERY_S)
    return time.perf_counter()


def inside(folder, scans, rows, columns):
    """Send one after the other, and print what was measured."""
    raise_loopback()
    stages = {"C-STORE, answered": [], "its row": [], "its report, in the archive": []}
    with Way(folder) as way:
        modality = Modality()
        for number in range(scans + 2):
            content = scan(number, rows, columns)
            began = time.perf_counter()
            if not modality.send(number, content):
                sys.exit("the receiver did not answer with success")
            times = [time.perf_counter()]
            times.append(wait_for(lambda wanted=number + 1: len(way.answered()) >= wanted))
            times.append(
                wait_for(lambda wanted=number + 1: way.archive.ask("/statistics")["CountInstances"] >= wanted)
            )
            if number >= 2:  # the first make what all others use
                for stage, moment in zip(stages.values(), times, strict=True):
                    stage.append(moment - began)
    for stage, seconds in stages.items():
        cut = statistics.quantiles(seconds, n=100)
        worst = max(seconds)
        sys.stdout.write(f"{stage:28} p50 {cut[49]:6.3f} s   p99 {cut[98]:6.3f} s   worst {worst:6.3f} s\n")
    size = len(content) / 1e6
    sys.stdout.write(f"{scans} scans of {size:.1f} MB, one at a time; load {os.getloadavg()[0]:.1f}\n")


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.measure.there_and_back")
    parser.add_argument("scans", type=int, nargs="?", default=100)
    parser.add_argument("rows", type=int, nargs="?", default=2500)
    parser.add_argument("columns", type=int, nargs="?", default=2048)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.inside is not None:
        inside(words.inside, words.scans, words.rows, words.columns)
        return
    with tempfile.TemporaryDirectory(prefix="inboxray-there-") as name:
        again = [sys.executable, "-m", "tests.measure.there_and_back", "--inside", str(Path(name) / "way")]
        again += [str(one) for one in (words.scans, words.rows, words.columns)]
        sys.exit(subprocess.run(alone(again), check=False).returncode)


if __name__ == "__main__":
    main()
