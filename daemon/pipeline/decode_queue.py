"""Claimed files on their way through the children: how many at once, and which of them alone."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from daemon.errors import errno_name
from daemon.execution.executor import Executor
from daemon.pauses import Pauses
from daemon.pipeline.in_flight import Flight, InFlight, Job
from daemon.spool.attempts import attempts, may_be_last, note_answer, note_attempt
from daemon.spool.claim import Claim
from daemon.states import State

if TYPE_CHECKING:
    from concurrent.futures import Future

    from daemon.decoding.messages import Decoded


class DecodeQueue:
    """Hands claimed files to the executor.

    Parameters
    ----------
    in_flight : InFlight
        The claimed files.
    executor : Executor
    pauses : Pauses
    wake : callable
        Called, from any thread, when a file was decoded.
    """

    def __init__(
        self, in_flight: InFlight, executor: Executor, pauses: Pauses, wake: Callable[[], None]
    ) -> None:
        self._in_flight = in_flight
        self._executor = executor
        self._pauses = pauses
        self._wake = wake
        self._is_alone = False
        self._decoded: deque[Job] = deque()

    def take(self) -> Iterator[Job]:
        """Yield what children made of files since; that each answered is noted.

        Yields
        ------
        Job
        """
        while self._decoded:
            job = self._decoded.popleft()
            note_answer(job.claim)
            yield job

    def start(self) -> None:
        """Give waiting files to children: as many as keep those busy, and as memory has room for.

        A file that two daemons ended with is tried alone, from its note to its row: if a third
        ends, it was that one, and no neighbour is failed with it (fault 53).
        """
        in_flight = self._in_flight
        self._executor.hold(is_held=in_flight.is_full)
        if not in_flight.noted:
            self._is_alone = False
        while not self._is_alone and in_flight.has_room_in_children() and not self._pauses.has("disk"):
            flight = in_flight.first_claimed()
            if flight is None or not self._try(flight):
                return

    def _try(self, flight: Flight) -> bool:
        """Note an attempt, give the file to a child; return whether its turn and the disk allowed it."""
        claim = flight.claim
        try:
            tried, is_last = (0, False) if flight.is_untried else (attempts(claim), may_be_last(claim))
            if is_last and self._in_flight.noted:
                return False
            note_attempt(claim)
        except OSError as error:  # the file is ours already, so it waits here
            self._pauses.pause("disk", errno_name(error))
            return False
        flight.is_untried = False
        self._is_alone = is_last
        self._in_flight.move(claim, State.DECODING)
        self._decode(claim, tried + 1)
        return True

    def _decode(self, claim: Claim, count: int) -> None:
        future = self._executor.decode(claim.path)
        future.add_done_callback(lambda done: self._decode_ended(claim, count, done))

    def _decode_ended(self, claim: Claim, count: int, done: "Future[Decoded]") -> None:
        if not done.cancelled():
            self._decoded.append(Job(claim, done.result(), count))
            self._wake()
