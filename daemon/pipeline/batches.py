"""Micro-batches: the network sees several scans at once, a single scan does not wait for others."""

import sys
from collections import deque
from collections.abc import Callable

from daemon.pipeline.in_flight import Job


class Batcher:
    """Collect decoded scans until a batch is worth its while.

    Parameters
    ----------
    size : int
        Most scans in a batch.
    wait_s : float
        Longest time that a scan waits for others, seconds.
    clock : callable
        Monotonic seconds.
    max_frames : int
        Most frames in a batch of more than one scan.
    """

    def __init__(
        self,
        size: int,
        wait_s: float,
        clock: Callable[[], float],
        *,
        max_frames: int = sys.maxsize,
    ) -> None:
        self._size = size
        self._wait_s = wait_s
        self._clock = clock
        self._max_frames = max_frames
        self._frames = 0
        self._jobs: deque[tuple[float, Job]] = deque()

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, job: Job) -> None:
        """Take in one decoded scan.

        Parameters
        ----------
        job : Job
        """
        self._jobs.append((self._clock(), job))
        self._frames += job.frames

    def take(self, *, more_coming: bool) -> list[Job]:
        """Give out a batch if there is one now.

        Parameters
        ----------
        more_coming : bool
            False if nothing is being decoded: then a batch does not wait.

        Returns
        -------
        list of Job
            Empty while the batch waits.
        """
        if not self._jobs:
            return []
        full = len(self._jobs) >= self._size or self._frames >= self._max_frames
        if not full and more_coming and self._clock() < self.next_due():
            return []
        batch: list[Job] = []
        frames = 0
        while self._jobs and len(batch) < self._size:
            frames += self._jobs[0][1].frames
            if batch and frames > self._max_frames:
                break
            batch.append(self._jobs.popleft()[1])
        self._frames -= sum(job.frames for job in batch)
        return batch

    def next_due(self) -> float:
        """Monotonic time at which the oldest scan has waited long enough; infinite if there is none.

        Returns
        -------
        float
        """
        return self._jobs[0][0] + self._wait_s if self._jobs else float("inf")
