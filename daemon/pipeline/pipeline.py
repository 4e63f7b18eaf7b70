"""The order of the stages, written here and nowhere else.

claim -> decode -> batch | ask -> classify | look for changes -> answer -> sync -> record -> dispose

Before the first bar: the thread of the service, which hands files to the executor and alone knows where each
is. Then a thread that asks about a batch, and the network; then one that records a batch and puts it away,
while children decode the next.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import structlog

from daemon.decoding.messages import Decoded
from daemon.errors import DaemonError
from daemon.execution.executor import Executor
from daemon.pauses import Pauses
from daemon.pipeline.ask import Asked, Asker
from daemon.pipeline.batches import Batcher
from daemon.pipeline.commit import Committed, Committer
from daemon.pipeline.decode_queue import DecodeQueue
from daemon.pipeline.in_flight import IN_TURN, MOST_FRAMES, Flight, InFlight, Job
from daemon.spool.attempts import attempts, note_end, note_withdrawal
from daemon.spool.claim import Claim
from daemon.spool.claiming import claim_file, return_to_inbox
from daemon.spool.dispose import Disposal
from daemon.spool.folders import Spool
from daemon.spool.requeue import Answered, requeue
from daemon.states import Files, State
from storage.errors import StorageError
from storage.vocabulary import FAILED

_FRAMES_A_BATCH = 512  # of 100 kB each; a single scan may have more

_log = structlog.get_logger()


class Pipeline:
    """Take claimed files to their rows and their last place.

    Parameters
    ----------
    spool : Spool
    executor : Executor
    asker : Asker
    committer : Committer
    pauses : Pauses
    wake : callable
        Called, from any thread, when `advance` has something to do.
    on_return : callable
        Called, by `advance`, with the path below the inbox to which a file has gone back.
    batch_size : int
        Most scans in a batch and a transaction.
    batch_wait_s : float
        Longest time that a scan waits for a batch to fill, seconds.
    most_frames : int
        Decoded and not recorded, about; see `daemon.pipeline.in_flight.InFlight`.
    """

    def __init__(
        self,
        spool: Spool,
        executor: Executor,
        asker: Asker,
        committer: Committer,
        *,
        pauses: Pauses,
        wake: Callable[[], None],
        on_return: Callable[[bytes], None],
        batch_size: int,
        batch_wait_s: float,
        most_frames: int = MOST_FRAMES,
    ) -> None:
        self.committer = committer
        self._spool = spool
        self._executor = executor
        self._asker = asker
        self._pauses = pauses
        self._wake = wake
        self._on_return = on_return
        self._batcher = Batcher(batch_size, batch_wait_s, time.monotonic, max_frames=_FRAMES_A_BATCH)
        self._in_flight = InFlight(executor, batch_size=batch_size, most_frames=most_frames)
        self._decoding = DecodeQueue(self._in_flight, executor, pauses, wake)
        self._asking = ThreadPoolExecutor(1, thread_name_prefix="ask")
        self._finishing = ThreadPoolExecutor(1, thread_name_prefix="finish")
        self._turns: deque[tuple[Future[Committed], list[Job]]] = deque()
        self.set_aside: list[str] = []

    @property
    def files(self) -> Files[str, Flight]:
        """The claimed files by state; to be changed by the pipeline alone."""
        return self._in_flight.files

    @property
    def in_progress(self) -> int:
        """Scans between claim and row, and pictures to keep."""
        return self._in_flight.without_row + self.committer.keeping

    @property
    def room(self) -> int:
        """How many more files may be claimed now."""
        return 0 if self._pauses.any else self._in_flight.room(self.in_progress)

    def claim(self, source: bytes) -> None:
        """Claim a file of the inbox and begin with it.

        Parameters
        ----------
        source : bytes

        Raises
        ------
        OSError
            It could not be claimed.
        """
        self._in_flight.move(claim_file(self._spool, source), State.CLAIMED, is_untried=True)
        self._decoding.start()

    def begin(self, claim: Claim) -> None:
        """Begin with a file that was claimed before, as soon as its turn comes.

        Parameters
        ----------
        claim : Claim
        """
        self._in_flight.move(claim, State.CLAIMED)
        self._decoding.start()

    def answer_unopened(self, claim: Claim, code: str) -> None:
        """Fail a file without opening it again.

        Parameters
        ----------
        claim : Claim
        code : str
        """
        self._batch(Job(claim, Decoded.refused(FAILED, code), attempts(claim)))

    def put_away(self, disposal: Disposal) -> None:
        """Move a file that has its row, before anything else begins.

        Parameters
        ----------
        disposal : Disposal
        """
        self._in_flight.move(disposal.claim, State.RECORDED)
        try:
            moved = self.committer.dispose([disposal])
        except Exception as error:
            note_end(disposal.claim, error)
            raise
        self._take_moves(moved)

    def leave_aside(self, claim: Claim) -> None:
        """Leave a claim as it is, but name it: daemons ended beside it again and again (fault 73).

        Parameters
        ----------
        claim : Claim
        """
        self.set_aside.append(claim.scan_id)

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
        for job in self._decoding.take():
            self._batch(job)
        while self._turns and self._turns[0][0].done():
            self._take_finished(*self._turns.popleft())
        self._decoding.start()
        while self._has_turn():
            batch = self._batcher.take(more_coming=self._in_flight.decoding_quickly > 0 and not drain)
            if not batch:
                break
            self._start_batch(batch)

    def next_due(self) -> float:
        """Monotonic time at which a waiting batch runs as it is.

        Returns
        -------
        float
        """
        return self._batcher.next_due() if self._has_turn() else float("inf")

    def look_back(self) -> None:
        """Look back, after the batches under way, at what was recorded: see `Committer.look_back`."""
        is_under_way = any(not batch for _, batch in self._turns)
        if not is_under_way:
            self._take_turn(self._finishing.submit(self.committer.look_back), [])

    def close(self) -> None:
        """Leave: what is not finished stays claimed for the next start.

        Returns when the batch that is being finished has ended: the spool's lock must not be free before.
        """
        self._finishing.shutdown(wait=True, cancel_futures=True)
        self._asking.shutdown(wait=True, cancel_futures=True)
        with suppress(StorageError):  # `db check` finds out
            self.committer.confirm()
        self._executor.close()
        for future, batch in self._turns:
            if not future.cancelled() and future.exception() is None:
                self._take_finished(future, batch)
        self._turns.clear()
        for claim in self._in_flight.leave():
            note_withdrawal(claim)

    def _has_turn(self) -> bool:
        return sum(1 for _, batch in self._turns if batch) < IN_TURN

    def _batch(self, job: Job) -> None:
        self._in_flight.decoded(job)
        self._batcher.add(job)

    def _start_batch(self, batch: list[Job]) -> None:
        for job in batch:
            self._in_flight.move(job.claim, State.IN_BATCH)
        asked = self._asking.submit(self._asker.ask, batch)
        self._take_turn(self._finishing.submit(self._finish, batch, asked), batch)

    def _take_turn(self, future: "Future[Committed]", batch: list[Job]) -> None:
        """Wait for what the finishing thread does, in the order in which it does it."""
        self._turns.append((future, batch))
        future.add_done_callback(lambda _: self._wake())

    def _finish(self, batch: list[Job], asked: "Future[Asked]") -> Committed:
        return self.committer.commit(batch, asked.result())

    def _take_finished(self, future: "Future[Committed]", batch: Sequence[Job]) -> None:
        self._in_flight.forget_frames(batch)
        try:
            finished = future.result()
        except BaseException as error:
            for claim in self._in_hand(batch):  # and nothing in their notes clears them: one may be why
                note_end(claim, error)
                self._in_flight.move(claim, State.LEFT)
            raise
        self._take_moves(finished.recorded)
        for claim in finished.changed:
            self._put_back(claim)
        for scan in finished.rewritten:
            self._requeue(scan)

    def _in_hand(self, batch: Sequence[Job]) -> list[Claim]:
        """Return the claims that the finishing thread had: a batch, or those whose moves it tried again."""
        if batch:
            return [job.claim for job in batch]
        return [flight.claim for flight in self.files.of(State.RECORDED).values()]

    def _take_moves(self, moved: Iterable[tuple[Claim, State]]) -> None:
        for claim, state in moved:
            self._in_flight.move(claim, state)

    def _requeue(self, scan: Answered) -> None:
        """Let a stored file that was written to after its row be answered again, as a new arrival."""
        try:
            source = requeue(self._spool, scan, was_changed=True)
        except DaemonError as error:
            _log.warning("requeue_failed", scan_id=scan.scan_id, error=error.code)
        else:
            self._on_return(source)

    def _put_back(self, claim: Claim) -> None:
        """Put a file back that was written to after its bytes were read; it makes no row (fault 6).

        Here, between two looks at the inbox, and not where it was noticed: the inbox learns of it before it
        sees the rename.
        """
        _log.info("claim_changed", scan_id=claim.scan_id)
        try:
            source = return_to_inbox(self._spool, claim)
        except OSError as error:
            self._pauses.for_disk(error)
            self._in_flight.move(claim, State.CLAIMED)  # it cannot go back, so what it holds now is read
            return
        self._in_flight.move(claim, State.REMOVED if source is None else State.RETURNED)
        if source is not None:
            self._on_return(source)
