"""What the machine allows: each part of the work alone on all cores, with nothing around it, added.

The first part is to read, hash, decode and normalise every file in as many processes as there are cores; the
second is the network over the pictures. No claim, no structure check, no database, no sync, no move.
"""

import functools
import hashlib
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import psutil

from model.classifier import open_classifier
from model.reading.preload import keep_memory, preload, use_one_thread
from model.reading.prepare import prepare
from model.release import find_release, open_release
from tests.bench.machine import processor_s

_BATCH = 32  # pictures that the network is given at once: it shares them among the cores


@dataclass(frozen=True, slots=True)
class Allowed:
    """Seconds that each part takes for so many files, and processor seconds of both."""

    files: int
    decode_s: float
    infer_s: float
    processor_s: float

    @property
    def files_per_s(self):
        """Files a second, one part after the other."""
        return self.files / (self.decode_s + self.infer_s)

    @property
    def inferences_per_s(self):
        """Pictures a second through the network alone."""
        return self.files / self.infer_s


def _start():
    preload()
    keep_memory()
    use_one_thread()


def decode_one(path, may_reduce):
    """Read, hash and prepare one file; only its hash goes back."""
    with open(path, "rb") as file:  # noqa: PTH123 - as the daemon's child does
        data = file.read()
    digest = hashlib.sha256(data).hexdigest()
    prepare(data, may_reduce=may_reduce)
    return digest


class Limit:
    """The two parts, started and warm.

    Parameters
    ----------
    cores : int
    may_reduce : bool
        Large JPEG 2000 frames are decoded at a lower resolution, as by the daemon.
    """

    def __init__(self, cores, *, may_reduce=False):
        self._cores = cores
        self._decode = functools.partial(decode_one, may_reduce=may_reduce)
        self._own = psutil.Process()

    def __enter__(self):
        self._others = {one.pid for one in self._own.children(recursive=True)}  # of other contenders
        self._pool = ProcessPoolExecutor(
            self._cores, multiprocessing.get_context("forkserver"), initializer=_start
        )
        release = open_release(find_release())
        self._classifier = open_classifier(release, threads=self._cores)
        return self

    def __exit__(self, *_):
        self._pool.shutdown()

    def run(self, paths):
        """Measure both parts for files, which are removed."""
        pictures = [prepare(path.read_bytes()).inputs for path in paths[:12]]
        list(self._pool.map(self._decode, map(str, paths[: 2 * self._cores])))  # warm, as the next line
        self._classifier.classify(np.concatenate(pictures))
        used, started = self._used_s(), time.monotonic()
        list(self._pool.map(self._decode, map(str, paths)))
        decoded = time.monotonic()
        for first in range(0, len(paths), _BATCH):
            indices = range(first, min(first + _BATCH, len(paths)))
            self._classifier.classify(np.concatenate([pictures[index % len(pictures)] for index in indices]))
        ended = time.monotonic()
        used = self._used_s() - used
        for path in paths:
            os.unlink(path)  # noqa: PTH108 - as fast as can be
        return Allowed(len(paths), decoded - started, ended - decoded, used)

    def _used_s(self):
        return processor_s(self._own, others=self._others)
