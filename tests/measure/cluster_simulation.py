"""What 64 workers would do, and what breaks first: discrete events over service times.

    python -m tests.measure.cluster_simulation [--workers 64] [--threads 8] [--files 40000] [--coordinators 4]

Two cores cannot run 64 workers. What the servers here take was measured of each by itself: a worker's thread
(a file of the standard mix), the coordinator's thread (one file's way out and back), the thread that records.
The share's is what its network gives. What it cannot know is what they do to each other; it says what is
busy, and so what will be first.
"""

import argparse
import heapq
import itertools
import random
import sys
from collections import deque
from dataclasses import dataclass, field

SERVICE = {
    "decode_s": 0.080,  # of a core, a file of the standard mix: docs/speed.md
    "coordinator_s": 0.0014,  # of a core, a file: tests/measure/cluster_rate.py, 16 workers
    "record_s": 0.00072,  # a row, in transactions of 64, PostgreSQL: tests/soak/backfill.py
    "file_bytes": 10_000_000,
    "share_bytes_s": 1.25e9,  # ten gigabits; that of one's own is measured by `fio`
}
BATCH = 64
AHEAD = 2


@dataclass(slots=True)
class Server:
    """Something that does one thing after the other."""

    free_at: float = 0.0
    busy: float = 0.0

    def take(self, now, seconds):
        """Begin when it is free; give when it ends."""
        begin = max(now, self.free_at)
        self.free_at = begin + seconds
        self.busy += seconds
        return self.free_at


@dataclass(slots=True)
class Coordinator:
    """One daemon or backfill: a thread that talks to workers, and one that records."""

    left: int
    talks: Server = field(default_factory=Server)
    records: Server = field(default_factory=Server)
    waiting: int = 0
    under_way: int = 0
    done: int = 0


def decode_seconds(rng, mean):
    """Draw a file of the mix: one in twelve takes six times as long, as JPEG 2000 does."""
    return mean * (6.0 if rng.random() < 1 / 12 else 0.545) * rng.uniform(0.8, 1.2)


class Simulation:
    """So many workers and coordinators, and what happens to them in turn."""

    def __init__(self, workers, threads, files, coordinators, service, seed=20):
        self.rng = random.Random(seed)  # noqa: S311 -- of a model
        self.sites = [Coordinator(files // coordinators) for _ in range(coordinators)]
        self.share, self.service, self.now = Server(), service, 0.0
        self.free = deque(worker for _ in range(threads) for worker in range(workers))
        self.queues = [deque() for _ in range(workers)]
        self.threads, self.busy = workers * threads, 0.0
        self.events, self.number = [], itertools.count()
        self.bound = AHEAD * self.threads // coordinators + 3 * BATCH

    def run(self):
        """Give files a second, and how busy each kind of server was."""
        for site in self.sites:
            self.hand_out(site)
        while self.events:
            self.now, _, what, arguments = heapq.heappop(self.events)
            what(*arguments)
        used = {
            "workers": self.busy / (self.now * self.threads),
            "coordinator": max(site.talks.busy for site in self.sites) / self.now,
            "recording": max(site.records.busy for site in self.sites) / self.now,
            "share": self.share.busy / self.now,
        }
        return sum(site.done for site in self.sites) / self.now, used

    def at(self, when, what, *arguments):
        heapq.heappush(self.events, (when, next(self.number), what, arguments))

    def hand_out(self, site):
        while site.left and site.under_way < self.bound:
            site.left -= 1
            site.under_way += 1
            self.at(site.talks.take(self.now, self.service["coordinator_s"] / 2), self.arrive, site)

    def arrive(self, site):
        if self.free:
            self.begin(self.free.popleft(), site)
        else:
            min(self.queues, key=len).append(site)

    def begin(self, worker, site):
        read = self.share.take(self.now, self.service["file_bytes"] / self.service["share_bytes_s"])
        seconds = decode_seconds(self.rng, self.service["decode_s"])
        self.busy += seconds
        self.at(read + seconds, self.ended, worker, site)

    def ended(self, worker, site):
        if self.queues[worker]:
            self.begin(worker, self.queues[worker].popleft())
        else:
            self.free.append(worker)
        self.at(site.talks.take(self.now, self.service["coordinator_s"] / 2), self.answered, site)

    def answered(self, site):
        site.waiting += 1
        if site.waiting >= BATCH or site.under_way == site.waiting:
            batch, site.waiting = site.waiting, 0
            seconds = batch * self.service["record_s"]
            self.at(site.records.take(self.now, seconds), self.recorded, site, batch)

    def recorded(self, site, batch):
        site.done += batch
        site.under_way -= batch
        self.hand_out(site)


def main():
    parser = argparse.ArgumentParser()
    for name, value in (("workers", 64), ("threads", 8), ("files", 40_000), ("coordinators", 4)):
        parser.add_argument(f"--{name}", type=int, default=value)
    for name, value in SERVICE.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=value)
    given = parser.parse_args()
    service = {name: getattr(given, name) for name in SERVICE}
    out = sys.stdout.write
    out(f"{given.threads} threads a worker; {service}\n")
    out("coordinators  workers  files/s  of linear  hours for 10 million")
    out("  busy: workers, coordinator, recording, share\n")
    alone = None
    for sites in sorted({1, given.coordinators}):
        for workers in [count for count in (1, 2, 4, 8, 16, 32, 64, 128) if count <= given.workers]:
            rate, used = Simulation(workers, given.threads, given.files, sites, service).run()
            alone = alone or rate
            shares = ", ".join(f"{value:.2f}" for value in used.values())
            line = f"{sites:12}  {workers:7}  {rate:7.0f}  {rate / alone / workers:9.2f}"
            out(f"{line}  {1e7 / rate / 3600:20.1f}  {shares}\n")


if __name__ == "__main__":
    main()
