"""The claimed files: where each is on its way to its row, and how many more may be under way."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from daemon.decoding.messages import Decoded
from daemon.execution.executor import Executor
from daemon.spool.claim import Claim
from daemon.states import PIPELINE_STATES, Files, State

IN_TURN: Final = 3
"""Batches before the network, in it, and being recorded."""
MOST_FRAMES: Final = 2048
_MOST_SLOW: Final = 1000  # files that wait in claimed/ for the slow lane, beside the others
_A_CHILD: Final = 4  # files that a child may have before it: it is busy while the loop is elsewhere
_FRAME_BYTES: Final = 100_000
_NOTED: Final = (State.DECODING, State.DECODED, State.IN_BATCH)


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed file and what its child made of it.

    Parameters
    ----------
    claim : Claim
    decoded : Decoded
    attempts : int
        How often the file was about to be opened, in this process and in earlier ones.
    """

    claim: Claim
    decoded: Decoded
    attempts: int = 1

    @property
    def frames(self) -> int:
        """Frames that the network is to see, of 100 kB each."""
        return 0 if self.decoded.inputs is None else len(self.decoded.inputs)

    @property
    def weight(self) -> int:
        """What it keeps in memory, in frames: its small pictures count as so many more."""
        return self.frames + math.ceil(sum(one.size for one in self.decoded.previews) / _FRAME_BYTES)


@dataclass(slots=True)
class Flight:
    """A file that is under way.

    Parameters
    ----------
    claim : Claim
    is_untried : bool
        True if it was claimed by this process and not opened yet: its note says nothing of attempts.
    """

    claim: Claim
    is_untried: bool = False


class InFlight:
    """The files between claim and last place, by state, and the bounds on them.

    Parameters
    ----------
    executor : Executor
    batch_size : int
        Most scans in a batch.
    most_frames : int
        Decoded and not recorded: from half of it on a child has one file before it, beyond it none begins
        another. Those that children have by then come on top: their frames are known when they are answered.
    """

    def __init__(self, executor: Executor, *, batch_size: int, most_frames: int) -> None:
        self.files: Files[str, Flight] = Files(PIPELINE_STATES)
        self._executor = executor
        self._batch_size = batch_size
        self._most_frames = most_frames
        self._frames = 0

    @property
    def without_row(self) -> int:
        """Files that are claimed and have no row yet."""
        return self.files.count(State.CLAIMED, *_NOTED)

    @property
    def noted(self) -> int:
        """Files whose attempt is noted, and which have no row yet."""
        return self.files.count(*_NOTED)

    @property
    def decoding_quickly(self) -> int:
        """Files in children but for those in the slow lane, for which no batch waits."""
        return self.files.count(State.DECODING) - self._slow

    @property
    def is_full(self) -> bool:
        """True while no child may begin another file, for so many frames wait for their rows."""
        return self._frames >= self._most_frames

    def room(self, in_progress: int) -> int:
        """Return how many more files may be claimed: enough for the children and the batches beside.

        Files in the slow lane do not count, up to a bound: the others would wait for them else.

        Parameters
        ----------
        in_progress : int
            Files that are under way already.

        Returns
        -------
        int
        """
        room = IN_TURN * self._batch_size + 2 * self._executor.workers
        return max(0, room - (in_progress - self._slow))

    def has_room_in_children(self) -> bool:
        """Return whether a child may have another file before it.

        Returns
        -------
        bool
        """
        each = _A_CHILD if self._frames < self._most_frames // 2 else 1
        return self.decoding_quickly < each * self._executor.workers and not self.is_full

    def first_claimed(self) -> Flight | None:
        """Return the file that has waited longest for a child.

        Returns
        -------
        Flight or None
        """
        return next(iter(self.files.of(State.CLAIMED).values()), None)

    def move(self, claim: Claim, to: State, *, is_untried: bool = False) -> None:
        """Change the state of a file.

        Parameters
        ----------
        claim : Claim
        to : State
        is_untried : bool
        """
        self.files.move(claim.scan_id, to, Flight(claim, is_untried))

    def decoded(self, job: Job) -> None:
        """Take in what a child made of a file.

        Parameters
        ----------
        job : Job
        """
        self.move(job.claim, State.DECODED)
        self._frames += job.weight

    def forget_frames(self, batch: Sequence[Job]) -> None:
        """Count the frames of a batch no more: it has its rows, or is about to be read again.

        Parameters
        ----------
        batch : sequence of Job
        """
        self._frames -= sum(job.weight for job in batch)

    def leave(self) -> Iterator[Claim]:
        """End with all files, which stay claimed for the next start.

        Yields
        ------
        Claim
            Those whose attempt was noted.
        """
        for scan_id in list(self.files):
            flight, was = self.files.get(scan_id), self.files.state(scan_id)
            self.files.move(scan_id, State.LEFT)
            if flight is not None and was in _NOTED:
                yield flight.claim

    @property
    def _slow(self) -> int:
        return min(self._executor.slow, _MOST_SLOW)
