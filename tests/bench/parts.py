"""The parts of the benchmark; each gives a dictionary of figures."""

import os
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from tests.bench.contenders import Inboxray, Naive, in_turn
from tests.bench.earlier import Earlier
from tests.bench.limit import Limit
from tests.bench.machine import Memory
from tests.bench.mix import COLUMNS, KINDS, ROWS, STANDARD, SYNTAXES, Supply, tiny_picture, with_comment
from tests.bench.peer import peers
from tests.bench.peer_part import compare_with_peers
from tests.bench.same_results import compare_with_reference, real_radiographs
from tests.bench.stages import read_stages

_OFTEN_S = 0.002  # between two looks at a single file's row


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured; the defaults take about twenty minutes on two cores.

    Parameters
    ----------
    rows, columns : int
        Of a radiograph.
    rounds : int
        Each figure is the median of so many.
    kinds : tuple of str
        Kinds of files that take part.
    files, naive_files : int
        Files of the mix, for inboxray and the limit, and for the naive daemon.
    kind_files, naive_kind_files : int
        The same for one kind of file alone.
    small_files : int
    drops : int
        Single files, one after the other.
    rest_s : float
        Idle seconds between two of them.
    waiting : tuple of int
        Numbers of files that wait in the inbox.
    window_s : float
        Seconds for which each of these is measured.
    real_files : int
        Labelled X-rays whose probabilities are compared.
    peer_files : int
        Files of the mix that are DICOM, for inboxray and Orthanc.
    connections : int
        Over which each of them is sent files at once, by REST or C-STORE.
    """

    rows: int = ROWS
    columns: int = COLUMNS
    rounds: int = 3
    kinds: tuple[str, ...] = KINDS
    files: int = 192
    naive_files: int = 24
    kind_files: int = 96
    naive_kind_files: int = 8
    small_files: int = 1000
    drops: int = 48
    rest_s: float = 0.3
    waiting: tuple[int, ...] = (100, 1000, 10_000, 100_000)
    window_s: float = 15.0
    real_files: int = 200
    peer_files: int = 100
    connections: int = 4


def median(values):
    """Give the middle of values."""
    return statistics.median(values)


class Bench:
    """What the parts share.

    Parameters
    ----------
    folder : Path
        Where spools and files lie.
    sizes : Sizes
    say : callable
        Called with a line for whoever watches.
    base : Path, optional
        A checkout of an earlier revision, which takes its turn wherever builds are compared.
    settings : dict of str to str, optional
        Of this revision, not of the earlier one.
    """

    def __init__(self, folder, sizes, say, base=None, settings=None):
        self._folder = folder
        self._supply = Supply(sizes.rows, sizes.columns)
        self._sizes = sizes
        self._say = say
        self._cores = len(os.sched_getaffinity(0))
        self._base = base
        self._settings = settings or {}
        self._made = 0

    def _place(self, name):
        self._made += 1
        return self._folder / f"{name}-{self._made}"

    def _ours(self, cores=None, **settings):
        return Inboxray(self._place("spool"), cores, **self._settings | settings)

    def _builds(self, **settings):
        """Give this revision, and the earlier one where there is one, each with a spool of its own."""
        builds = {"inboxray": self._ours(**settings)}
        if self._base is not None:
            builds["base"] = Earlier(self._base, self._place("base"), **settings)
        return builds

    def _files(self, kinds, count):
        return self._supply.write(self._place("files"), kinds, count)

    def mix(self):
        """Compare naive, inboxray and the limit on the standard mix, in turn."""
        return self._compare(STANDARD, self._sizes.files, self._sizes.naive_files)

    def whole(self):
        """Compare on the standard mix with large JPEG 2000 decoded in full, which is a setting."""
        return self._compare(STANDARD, self._sizes.files, self._sizes.naive_files, half_size_jpeg_2000=False)

    def syntaxes(self):
        """Do the same for each kind of file alone."""
        found = {}
        for kind in KINDS:
            if kind in self._sizes.kinds:
                found[kind] = self._compare((kind,), self._sizes.kind_files, self._sizes.naive_kind_files)
        return found

    def _compare(self, kinds, count, naive_count, **settings):
        kinds = [kind for kind in kinds if kind in self._sizes.kinds]
        rounds = []
        with ExitStack() as running:
            naive = running.enter_context(Naive(self._place("naive")))
            builds = {who: running.enter_context(one) for who, one in self._builds(**settings).items()}
            limit = running.enter_context(Limit(self._cores, may_reduce=not settings))
            for contender in (naive, *builds.values()):
                contender.run(self._files(kinds, min(count, len(kinds))))  # warm
            ours = builds["inboxray"]
            written = ours.log.stat().st_size
            for number in range(self._sizes.rounds):
                load = os.getloadavg()[0]
                runs = {"naive": naive.run(self._files(kinds, naive_count))}
                for who, one in in_turn(builds, number):
                    runs[who] = one.run(self._files(kinds, count))
                runs["limit"] = limit.run(self._files(kinds, count))
                rounds.append((load, runs))
                rates = ", ".join(f"{who} {run.files_per_s:.1f}" for who, run in runs.items())
                self._say(f"  round {number + 1}: {rates} files/s (load {load:.1f})")
            stages = read_stages(ours.log, written)
            failures, outcomes = naive.failures(), ours.outcomes()
        return self._summary(rounds) | {
            "stages_ms": stages,
            "naive_failures": failures,
            "outcomes": outcomes,
        }

    def _summary(self, rounds):
        taken = [runs for _, runs in rounds]
        ours = [runs["inboxray"] for runs in taken]
        summary = {
            "files": ours[0].files,
            "load": [round(load, 2) for load, _ in rounds],
            "limit_decode_ms": median([1000 * run["limit"].decode_s / run["limit"].files for run in taken]),
            "limit_infer_ms": median([1000 * run["limit"].infer_s / run["limit"].files for run in taken]),
            "ratio_limit": median([run["inboxray"].files_per_s / run["limit"].files_per_s for run in taken]),
            "ratio_inference": median(
                [run["inboxray"].files_per_s / run["limit"].inferences_per_s for run in taken]
            ),
            "processor_share": median([run.processor_s / run.wall_s / self._cores for run in ours]),
            "processor_ms": {
                who: median([1000 * runs[who].processor_s / runs[who].files for runs in taken])
                for who in taken[0]
            },
            "peak_mb": max(run.peak_mb for run in ours),
        }
        for who in taken[0]:
            summary[f"{who}_files_per_s"] = median([run[who].files_per_s for run in taken])
        if "base" in taken[0]:
            ratios = [run["inboxray"].files_per_s / run["base"].files_per_s for run in taken]
            spent = [run["inboxray"].processor_s / run["base"].processor_s for run in taken]
            summary |= {
                "ratio_base": median(ratios),
                "ratio_base_range": [min(ratios), max(ratios)],
                "ratio_base_processor": median(spent),
                "base_peak_mb": max(run["base"].peak_mb for run in taken),
            }
        if "naive" in taken[0]:
            ratios = [run["inboxray"].files_per_s / run["naive"].files_per_s for run in taken]
            summary |= {
                "ratio_naive": median(ratios),
                "naive_peak_mb": max(run["naive"].peak_mb for run in taken),
            }
        return summary

    def small(self):
        """Compare with the network alone on PNGs of 224 pixels."""
        rounds = []
        count = self._sizes.small_files
        with ExitStack() as running:
            builds = {who: running.enter_context(one) for who, one in self._builds().items()}
            limit = running.enter_context(Limit(self._cores))
            for one in builds.values():
                one.run(self._supply.write_small(self._place("files"), 16))
            ours = builds["inboxray"]
            written = ours.log.stat().st_size
            for number in range(self._sizes.rounds):
                load, runs = os.getloadavg()[0], {}
                for who, one in in_turn(builds, number):
                    runs[who] = one.run(self._supply.write_small(self._place("files"), count))
                runs["limit"] = limit.run(self._supply.write_small(self._place("files"), count))
                rounds.append((load, runs))
            stages = read_stages(ours.log, written)
        return self._summary(rounds) | {"stages_ms": stages}

    def cores(self):
        """Measure the standard mix on one core, two, and so on by doubling, up to all."""
        mine = sorted(os.sched_getaffinity(0))
        numbers = sorted({min(2**power, len(mine)) for power in range(8)})
        kinds = [kind for kind in STANDARD if kind in self._sizes.kinds]
        rates = {number: [] for number in numbers}
        for _ in range(self._sizes.rounds):
            for number in numbers:
                with self._ours(set(mine[:number])) as ours:
                    ours.run(self._files(kinds, min(self._sizes.files, len(kinds))))
                    rates[number].append(ours.run(self._files(kinds, self._sizes.files)).files_per_s)
        return {"files_per_s": {str(number): median(found) for number, found in rates.items()}}

    def start(self):
        """Measure from the start of the process to the first row, with one file waiting and quiet."""
        taken = {}
        for number in range(self._sizes.rounds):
            for who, one in in_turn(self._builds(settle_s=0, look_interval_ms=1), number):
                taken.setdefault(who, []).append(self._first_row_s(one))
        found = {"first_row_s": median(taken["inboxray"]), "load": os.getloadavg()[0]}
        return found | ({"base_first_row_s": median(taken["base"])} if "base" in taken else {})

    def _first_row_s(self, ours):
        (path,) = self._files(["native"], 1)
        ours.inbox.mkdir(parents=True)
        path.rename(ours.inbox / path.name)
        with ExitStack() as running:
            running.push(ours)
            started = time.monotonic()
            ours.start()
            ours.wait_for_rows(1, _OFTEN_S)
            return time.monotonic() - started

    def latency(self):
        """Drop single files on an idle daemon: from the rename to the committed row."""
        kinds = [kind for kind in STANDARD if kind in self._sizes.kinds]
        began = os.getloadavg()[0]
        with ExitStack() as running:
            builds = {who: running.enter_context(one) for who, one in self._builds().items()}
            for one in builds.values():
                one.run(self._files(kinds, len(kinds)))
            found = self._drops(builds, kinds)
        summary = found.pop("inboxray") | {"load": [began, os.getloadavg()[0]]}
        return summary | found

    def _drops(self, builds, kinds):
        """Drop single files on each in turn; give what was measured of each."""
        taken = {who: [] for who in builds}
        files = {who: self._files(kinds, self._sizes.drops) for who in builds}
        for number in range(self._sizes.drops):
            for who, one in in_turn(builds, number):
                taken[who].append(self._drop_ms(one, files[who][number]))
        return {who: self._latency(kinds, spent) for who, spent in taken.items()}

    def _drop_ms(self, ours, path):
        before = ours.rows()
        with ours.feed() as give:
            started = time.monotonic()
            give([path])
            ours.wait_for_rows(before + 1, _OFTEN_S)
            spent = 1000 * (time.monotonic() - started)
        ours.wait_for(before + 1)
        time.sleep(self._sizes.rest_s)
        return spent

    def _latency(self, kinds, taken):
        by_kind = {}
        for number, spent in enumerate(taken):
            by_kind.setdefault(kinds[number % len(kinds)], []).append(spent)
        return {
            "drops": len(taken),
            "p50_ms": median(taken),
            "p99_ms": float(np.percentile(taken, 99)),
            "worst_ms": max(taken),
            "by_kind_ms": {kind: median(spent) for kind, spent in by_kind.items()},
        }

    def peer(self):
        """Compare with Orthanc and a plug-in on the mix's DICOM files, where it is installed."""
        kinds = [kind for kind in STANDARD if kind in SYNTAXES and kind in self._sizes.kinds]
        beside = peers(self._place, self._sizes.connections, self._cores, self._settings)
        return compare_with_peers(
            self._builds() | beside,
            self._sizes.rounds,
            lambda count=self._sizes.peer_files: self._files(kinds, count),
            lambda contenders: self._drops(contenders, kinds),
            self._say,
        )

    def same(self):
        """Compare the daemon's probabilities with those of the reference path."""
        kinds = [kind for kind in STANDARD if kind in self._sizes.kinds]
        files = self._files(kinds, len(kinds)) + real_radiographs(self._place("real"), self._sizes.real_files)
        ours = self._ours(settle_s=0, incomplete_wait_s=1, half_size_jpeg_2000=False)
        return compare_with_reference(files, ours)

    def waiting(self):
        """Measure files a second, and memory, while more and more files wait in the inbox."""
        picture = tiny_picture()
        found = {}
        for number in self._sizes.waiting:
            found[str(number)] = self._with_waiting(picture, number)
            self._say(f"  {number} waiting: {found[str(number)]}")
        return found

    def _with_waiting(self, picture, number):
        """Keep a number of files waiting: what is answered is replaced."""
        window_s = self._sizes.window_s
        ours = self._ours()
        ours.inbox.mkdir(parents=True)
        given = 0

        def give(count):
            nonlocal given
            for _ in range(count):
                beside = ours.folder / ".beside"
                beside.write_bytes(with_comment(picture, given))
                beside.rename(ours.inbox / f"{given:07}.png")
                given += 1

        give(number)
        os.sync()
        with ours:
            ours.wait_for_rows(min(number, 50))
            began, first, load = time.monotonic(), ours.rows(), os.getloadavg()[0]
            with Memory(*ours.watched) as memory:
                while time.monotonic() < began + window_s:
                    answered = ours.rows()
                    give(max(0, min(number + answered - given, 1000)))
                    time.sleep(0.05)
            rate = (ours.rows() - first) / (time.monotonic() - began)
        return {"files_per_s": round(rate, 1), "peak_mb": round(memory.peak_mb), "load": round(load, 2)}
