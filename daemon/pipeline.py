"""The order of the stages, written here and nowhere else.

claim -> decode -> batch | classify -> sync -> record -> dispose

Before the bar: the service's own thread, which only hands files to children. After it: one thread that
finishes a batch at a time, while the children decode the next.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import structlog

from daemon.answer import Answer, Answerer
from daemon.batcher import Batcher
from daemon.claim import Claim, attempts, claim_file, note_attempt, return_to_inbox
from daemon.decode_child import Decoded
from daemon.decoder_pool import DecoderPool
from daemon.dispose import Destinations, Disposal, dispose, sync_claims
from daemon.errors import InputOutputError, errno_name
from daemon.identifiers import Identifiers
from daemon.job import Job
from daemon.names import decode_name, encode_name
from daemon.pauses import Pauses
from daemon.record import Recorder
from daemon.row import record_of, unrecordable
from daemon.settle import look_at
from daemon.spool import Spool
from storage.ledger import ScanRecord

_log = structlog.get_logger()


class Pipeline:
    """Take claimed files to their rows and their last place.

    Parameters
    ----------
    spool : Spool
    pool : DecoderPool
    answerer : Answerer
    recorder : Recorder
    run_id : int
        This start of the daemon, in the table `runs`.
    rule : Identifiers
    pauses : Pauses
    wake : callable
        Called, from any thread, when `advance` has something to do.
    on_return : callable
        Called, from the finishing thread, with the path below the inbox to which a file is about to go back.
    batch_size : int
        Most scans in a batch and a transaction.
    batch_wait_s : float
        Longest time that a scan waits for a batch to fill, seconds.
    """

    def __init__(
        self,
        spool: Spool,
        pool: DecoderPool,
        answerer: Answerer,
        recorder: Recorder,
        run_id: int,
        *,
        rule: Identifiers,
        pauses: Pauses,
        wake: Callable[[], None],
        on_return: Callable[[bytes], None],
        batch_size: int,
        batch_wait_s: float,
    ) -> None:
        self._spool = spool
        self._pool = pool
        self._answerer = answerer
        self._recorder = recorder
        self._run_id = run_id
        self._rule = rule
        self._pauses = pauses
        self._wake = wake
        self._on_return = on_return
        self._batch_size = batch_size
        self._batcher = Batcher(batch_size, batch_wait_s, time.monotonic)
        self._decoding: dict[str, Claim] = {}
        self._decoded: deque[Job] = deque()
        self._again: deque[Claim] = deque()
        self._finisher = ThreadPoolExecutor(1, thread_name_prefix="finish")
        self._finishing: deque[Future[int]] = deque()
        self._pending: dict[str, Disposal] = {}
        self._moving = threading.Lock()
        self.outcomes: Counter[str] = Counter()
        self.returned = 0

    @property
    def in_progress(self) -> int:
        """Scans between claim and row, in whole batches while they are finished."""
        return (
            len(self._decoding)
            + len(self._again)
            + len(self._batcher)
            + len(self._finishing) * self._batch_size
        )

    @property
    def room(self) -> int:
        """How many more files may be claimed now: enough for the children and one batch beside."""
        if self._pauses.any:
            return 0
        return max(0, 2 * self._batch_size + 2 * self._pool.workers - self.in_progress)

    @property
    def dispose_pending(self) -> int:
        """Files with a row that could not be moved yet."""
        return len(self._pending)

    def claim(self, source: bytes) -> None:
        """Claim a file of the inbox and begin with it.

        Raises
        ------
        OSError
            It could not be claimed.
        """
        self.begin(claim_file(self._spool, source))

    def begin(self, claim: Claim) -> None:
        """Give a claimed file to a child, as soon as the disk takes the note of that."""
        try:
            note_attempt(claim)
        except OSError as error:  # the file is ours already, so it waits here
            self._pauses.pause("disk", errno_name(error))
            self._again.append(claim)
            return
        count = attempts(claim)
        self._decoding[claim.scan_id] = claim
        future = self._pool.decode(claim.path)
        future.add_done_callback(lambda done: self._decode_ended(claim, count, done))

    def answer_unopened(self, claim: Claim, code: str) -> None:
        """Fail a file without opening it again."""
        self._batcher.add(Job(claim, Decoded.refused("failed", code), attempts(claim)))

    def resume_disposal(self, disposal: Disposal) -> None:
        """Go on with a file whose row stands."""
        self._dispose([disposal])

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
        while self._again and not self._pauses.has("disk"):
            self.begin(self._again.popleft())
        while self._decoded:
            job = self._decoded.popleft()
            self._decoding.pop(job.claim.scan_id, None)
            self._batcher.add(job)
        while self._finishing and self._finishing[0].done():
            self._finishing.popleft().result()
        while len(self._finishing) < 2:
            batch = self._batcher.take(more_coming=bool(self._decoding) and not drain)
            if not batch:
                break
            future = self._finisher.submit(self._finish, batch)
            future.add_done_callback(lambda _: self._wake())
            self._finishing.append(future)

    def next_due(self) -> float:
        """Monotonic time at which a waiting batch runs as it is."""
        return self._batcher.next_due() if len(self._finishing) < 2 else float("inf")

    def retry_disposals(self) -> None:
        """Try the moves again that did not succeed."""
        if self._pending:
            self._dispose(list(self._pending.values()))

    def close(self) -> None:
        """Leave: what is not finished stays claimed for the next start.

        Returns when the batch that is being finished has ended: the spool's lock must not be free before.
        """
        self._finisher.shutdown(wait=True, cancel_futures=True)

    def _decode_ended(self, claim: Claim, count: int, done: "Future[Decoded]") -> None:
        if not done.cancelled():
            self._decoded.append(Job(claim, done.result(), count))
            self._wake()

    def _finish(self, batch: Sequence[Job]) -> int:
        """Take a batch from network input to its last place; runs in the finishing thread."""
        jobs = list(batch)
        while True:
            answers, classify_s = self._answerer.answer(jobs)
            answered = time.monotonic()
            finished_at = datetime.now(UTC)
            places = self._places(jobs, answers, finished_at)
            unchanged = [job for job in jobs if not self._changed_since(job)]
            if len(unchanged) == len(jobs):
                break
            jobs = unchanged  # answered anew: one may be a copy of a file that went back
        rows = [
            self._row(job, answer, places, finished_at) for job, answer in zip(jobs, answers, strict=True)
        ]
        self._sync(jobs)
        rows = self._recorder.record(rows, self._run_id, partial(self._stand_in, places))
        recorded = time.monotonic()
        self._dispose([_disposal(job.claim, row) for job, row in zip(jobs, rows, strict=True)])
        batch_s = {
            "classify": classify_s,
            "record": recorded - answered,
            "dispose": time.monotonic() - recorded,
        }
        self._report(rows, batch_s)
        return len(rows)

    def _changed_since(self, job: Job) -> bool:
        """Put a file back that was written to after its bytes were read; it makes no row (fault 6)."""
        claim, look = job.claim, job.decoded.look
        if look is None:
            return False
        try:
            now = look_at(claim.path)
        except FileNotFoundError:
            return False  # somebody took it out of claimed/; what was read is answered all the same
        if now is not None and now.same_content(look):
            return False
        try:
            return_to_inbox(self._spool, claim, self._on_return)
        except OSError as error:
            self._pauses.for_disk(error)
            self._again.append(claim)  # it cannot go back, so what it holds now is read
        else:
            self.returned += 1
        _log.info("claim_changed", scan_id=claim.scan_id)
        return True

    def _places(self, jobs: Sequence[Job], answers: Sequence[Answer], now: datetime) -> Destinations:
        """Prepare to choose places; no two rows ever name one, so that a row always leads to its own file."""
        places = Destinations(self._spool, now.date())
        wanted = {
            encode_name(places.wanted(self._rule.path(job.claim.source, job.claim.scan_id), outcome))
            for job, answer in zip(jobs, answers, strict=True)
            for outcome in (answer.outcome, "failed")  # the second for a row that the database refuses
        }
        named = self._recorder.patiently(lambda: self._recorder.ledger.stored(wanted))
        places.reserve(decode_name(path) for path in named)
        return places

    def _row(self, job: Job, answer: Answer, places: Destinations, finished_at: datetime) -> ScanRecord:
        source = self._rule.path(job.claim.source, job.claim.scan_id)
        return record_of(
            job,
            answer,
            stored_path=places.choose(source, job.claim.scan_id, answer.outcome),
            finished_at=finished_at,
            model_sha256=self._answerer.release.sha256,
            rule=self._rule,
        )

    def _stand_in(self, places: Destinations, row: ScanRecord) -> ScanRecord:
        name = decode_name(row.source_name)
        return unrecordable(row, places.choose(name, row.scan_id, "failed"))

    def _sync(self, jobs: Sequence[Job]) -> None:
        """Make the claims durable before a row says that they are ours."""
        try:
            sync_claims(self._spool, [job.claim for job in jobs])
        except OSError as error:
            raise InputOutputError(
                f"the disk under the spool {self._spool.root} refused to sync ({errno_name(error)}): what "
                "was written may be lost, so nothing was recorded. Check the disk, then start again; "
                "the files wait in claimed/."
            ) from None

    def _dispose(self, disposals: Sequence[Disposal]) -> None:
        with self._moving:  # the loop tries again what the finishing thread could not do
            refused = dispose(self._spool, disposals)
            for disposal in disposals:
                self._pending.pop(disposal.claim.scan_id, None)
            for disposal, _ in refused:
                self._pending[disposal.claim.scan_id] = disposal
        for disposal, error in refused:
            _log.warning("dispose_failed", scan_id=disposal.claim.scan_id, error=errno_name(error))
            self._pauses.for_disk(error)

    def _report(self, rows: Sequence[ScanRecord], batch_s: Mapping[str, float]) -> None:
        """Write one line a scan: never a name or an identifier (fault 49)."""
        shared = {stage: round(seconds, 4) for stage, seconds in batch_s.items()}
        for row in rows:
            self.outcomes[row.error_code or row.decision or row.outcome] += 1
            _log.info(
                "scan",
                scan_id=row.scan_id,
                outcome=row.outcome,
                error_code=row.error_code,
                sha256=(row.sha256 or "")[:12],
                frames=row.frames,
                warnings=list(row.warnings),
                own_s={stage: round(seconds, 4) for stage, seconds in row.durations.items()},
                batch=len(rows),
                batch_s=shared,
            )


def _disposal(claim: Claim, row: ScanRecord) -> Disposal:
    return Disposal(claim, row.outcome, row.error_code, row.stored_path)
