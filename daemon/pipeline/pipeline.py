"""The order of the stages, written here and nowhere else.

claim -> decode -> batch | classify -> sync -> record -> dispose

Before the bar: the service's own thread, which only hands files to children. After it: one thread in which
the network sees a batch, and one that records and puts away the batch before it, while children decode the
next.
"""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from daemon.decoding.messages import Decoded
from daemon.decoding.pool import DecoderPool
from daemon.errors import errno_name
from daemon.pauses import Pauses
from daemon.pipeline.batches import Batcher
from daemon.pipeline.commit import Finisher
from daemon.pipeline.in_flight import Job
from daemon.spool.attempts import attempts, may_be_last, note_answer, note_attempt, note_withdrawal
from daemon.spool.claim import Claim
from daemon.spool.claiming import claim_file
from daemon.spool.folders import Spool

if TYPE_CHECKING:
    from daemon.pipeline.answers import Ahead

_MOST_SLOW = 1000  # files that wait in claimed/ for the slow lane, beside the others
_A_CHILD = 4  # files that a child may have before it: enough to keep it busy while the loop is elsewhere
_FRAMES_A_BATCH = 512  # of 100 kB each; a single scan may have more
_IN_TURN = 3  # batches before the network, in it, and being recorded
_MOST_FRAMES = 2048
"""Decoded and not recorded: from half of it on a child has one file before it, beyond it none begins another.

Those that children have by then come on top: their frames are known when they are answered.
"""


class Pipeline:
    """Take claimed files to their rows and their last place.

    Parameters
    ----------
    spool : Spool
    pool : DecoderPool
    finisher : Finisher
    pauses : Pauses
    wake : callable
        Called, from any thread, when `advance` has something to do.
    batch_size : int
        Most scans in a batch and a transaction.
    batch_wait_s : float
        Longest time that a scan waits for a batch to fill, seconds.
    """

    def __init__(
        self,
        spool: Spool,
        pool: DecoderPool,
        finisher: Finisher,
        *,
        pauses: Pauses,
        wake: Callable[[], None],
        batch_size: int,
        batch_wait_s: float,
    ) -> None:
        self.finisher = finisher
        self._spool = spool
        self._pool = pool
        self._pauses = pauses
        self._wake = wake
        self._batch_size = batch_size
        self._batcher = Batcher(
            batch_size, batch_wait_s, time.monotonic, max_frames=_FRAMES_A_BATCH, frames=frames_of
        )
        self._waiting: deque[Claim] = deque()
        self._alone = False
        self._decoding: dict[str, Claim] = {}
        self._decoded: deque[Job] = deque()
        self._network = ThreadPoolExecutor(1, thread_name_prefix="classify")
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="finish")
        self._finishing: deque[tuple[Future[list[Claim]], list[Job]]] = deque()

    @property
    def in_progress(self) -> int:
        """Scans between claim and row, and pictures to keep."""
        return len(self._waiting) + self._at_work + self.finisher.keeping

    @property
    def _at_work(self) -> int:
        """Scans whose attempt is noted, and which have no row yet."""
        finishing = sum(len(batch) for _, batch in self._finishing)
        return len(self._decoding) + len(self._batcher) + finishing

    @property
    def _decoding_quickly(self) -> int:
        """Scans in children but for those in the slow lane, for which nobody waits."""
        return len(self._decoding) - min(self._pool.slow, _MOST_SLOW)

    @property
    def _frames(self) -> int:
        """Frames in memory, but for those of scans that end just now."""
        finishing = sum(frames_of(job) for _, batch in self._finishing for job in batch)
        return self._batcher.frames + finishing

    @property
    def room(self) -> int:
        """How many more files may be claimed now: enough for the children and the batches beside.

        Files in the slow lane do not count, up to a bound: the others would wait for them else.
        """
        if self._pauses.any:
            return 0
        quick = self.in_progress - min(self._pool.slow, _MOST_SLOW)
        return max(0, _IN_TURN * self._batch_size + 2 * self._pool.workers - quick)

    def claim(self, source: bytes) -> None:
        """Claim a file of the inbox and begin with it.

        Raises
        ------
        OSError
            It could not be claimed.
        """
        self._waiting.append(claim_file(self._spool, source))
        self._start_decoding()

    def begin(self, claim: Claim) -> None:
        """Begin with a file that was claimed before, as soon as its turn comes."""
        self._waiting.append(claim)
        self._start_decoding()

    def answer_unopened(self, claim: Claim, code: str) -> None:
        """Fail a file without opening it again."""
        self._batcher.add(Job(claim, Decoded.refused("failed", code), attempts(claim)))

    def advance(self, *, drain: bool = False) -> None:
        """Move decoded scans on, and take in finished batches.

        Parameters
        ----------
        drain : bool
            True if nothing more is to be waited for.

        Raises
        ------
        Exception
            What a batch ended with; its claims stay for the next start.
        """
        while self._decoded:
            job = self._decoded.popleft()
            self._decoding.pop(job.claim.scan_id, None)
            note_answer(job.claim)
            self._batcher.add(job)
        while self._finishing and self._finishing[0][0].done():
            self._waiting.extend(self._finishing.popleft()[0].result())
        self._start_decoding()
        while len(self._finishing) < _IN_TURN:
            batch = self._batcher.take(more_coming=self._decoding_quickly > 0 and not drain)
            if not batch:
                break
            ahead = self._network.submit(self.finisher.predict, batch)
            future = self._thread.submit(self._finish, batch, ahead)
            future.add_done_callback(lambda _: self._wake())
            self._finishing.append((future, batch))

    def next_due(self) -> float:
        """Monotonic time at which a waiting batch runs as it is."""
        return self._batcher.next_due() if len(self._finishing) < _IN_TURN else float("inf")

    def close(self) -> None:
        """Leave: what is not finished stays claimed for the next start.

        Returns when the batch that is being finished has ended: the spool's lock must not be free before.
        """
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._network.shutdown(wait=True, cancel_futures=True)
        finishing = [job.claim for _, batch in self._finishing for job in batch]
        decoded = [job.claim for job in (*self._decoded, *self._batcher)]
        for claim in (*self._decoding.values(), *decoded, *finishing):
            note_withdrawal(claim)

    def _finish(self, batch: list[Job], ahead: "Future[Ahead]") -> list[Claim]:
        return self.finisher.finish(batch, ahead.result())

    def _start_decoding(self) -> None:
        """Give waiting files to children: as many as keep those busy, and as memory has room for.

        A file that two daemons ended with is tried alone, from its note to its row: if a third
        ends, it was that one, and no neighbour is failed with it (fault 53).
        """
        self._pool.hold(is_held=self._frames >= _MOST_FRAMES)
        if not self._at_work:
            self._alone = False
        while self._waiting and not self._alone and self._has_room():
            claim = self._waiting[0]
            try:
                tried, is_last = attempts(claim), may_be_last(claim)
                if is_last and self._at_work:
                    return
                note_attempt(claim)
            except OSError as error:  # the file is ours already, so it waits here
                self._pauses.pause("disk", errno_name(error))
                return
            self._waiting.popleft()
            self._alone = is_last
            self._decode(claim, tried + 1)

    def _has_room(self) -> bool:
        each = _A_CHILD if self._frames < _MOST_FRAMES // 2 else 1
        is_room = self._decoding_quickly < each * self._pool.workers and self._frames < _MOST_FRAMES
        return is_room and not self._pauses.has("disk")

    def _decode(self, claim: Claim, count: int) -> None:
        self._decoding[claim.scan_id] = claim
        future = self._pool.decode(claim.path)
        future.add_done_callback(lambda done: self._decode_ended(claim, count, done))

    def _decode_ended(self, claim: Claim, count: int, done: "Future[Decoded]") -> None:
        if not done.cancelled():
            self._decoded.append(Job(claim, done.result(), count))
            self._wake()


def frames_of(job: Job) -> int:
    """Count the frames that a decoded scan keeps in memory."""
    return 0 if job.decoded.inputs is None else len(job.decoded.inputs)
