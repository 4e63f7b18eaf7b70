"""The second half of the pipeline: a decoded batch gets its answers, its rows and its places.

classify -> sync -> record -> dispose
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import structlog

from daemon.errors import InputOutputError, errno_name
from daemon.pauses import Pauses
from daemon.pictures.previews import Keeper
from daemon.pipeline.answers import Ahead, Answer, Answerer
from daemon.pipeline.identifiers import Identifiers
from daemon.pipeline.in_flight import Job
from daemon.pipeline.ledger_writer import Recorder
from daemon.pipeline.scan_record import record_of, unrecordable
from daemon.spool.claim import Claim
from daemon.spool.claiming import return_to_inbox
from daemon.spool.destinations import Destinations
from daemon.spool.dispose import Disposal, dispose
from daemon.spool.durability import sync_claims
from daemon.spool.file_state import look_at
from daemon.spool.folders import Spool
from daemon.spool.names import decode_name, encode_name
from storage.ledger import ScanRecord

Observe = Callable[[Sequence[ScanRecord], Mapping[str, float]], None]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Run:
    """What the rows of one start of the daemon have in common.

    Parameters
    ----------
    id : int
        Of its row in `runs`.
    rule : Identifiers
        What is kept of identifiers and names.
    """

    id: int
    rule: Identifiers


class Finisher:
    """Finish batches, one at a time.

    Parameters
    ----------
    spool : Spool
    answerer : Answerer
    recorder : Recorder
    run : Run
    pauses : Pauses
    on_return : callable
        Called with the path below the inbox to which a file is about to go back.
    keeper : Keeper, optional
        Makes pictures of classified scans that were put away.
    observe : callable
        Called with the rows of a finished batch, and the seconds of its stages.
    """

    def __init__(
        self,
        spool: Spool,
        answerer: Answerer,
        recorder: Recorder,
        run: Run,
        *,
        pauses: Pauses,
        on_return: Callable[[bytes], None],
        keeper: Keeper | None = None,
        observe: Observe = lambda _rows, _batch_s: None,
    ) -> None:
        self._spool = spool
        self._answerer = answerer
        self._recorder = recorder
        self._run = run
        self._pauses = pauses
        self._on_return = on_return
        self._keeper = keeper
        self._observe = observe
        self._pending: dict[str, Disposal] = {}
        self._moving = threading.Lock()
        self.outcomes: Counter[str] = Counter()
        self.returned = 0

    @property
    def pending(self) -> int:
        """Files with a row that could not be moved yet."""
        return len(self._pending)

    @property
    def keeping(self) -> int:
        """Pictures that are being made."""
        return self._keeper.pending if self._keeper else 0

    def predict(self, batch: Sequence[Job]) -> Ahead:
        """Run the network over a batch, from another thread, while `finish` is at the one before it."""
        return self._answerer.predict(batch)

    def finish(self, batch: Sequence[Job], ahead: Ahead | None = None) -> list[Claim]:
        """Take a batch from network input to its last place.

        Parameters
        ----------
        batch : sequence of Job
        ahead : Ahead, optional
            What `predict` said of it; None: the network is asked now.

        Returns
        -------
        list of Claim
            Those whose files were written to meanwhile and could not go back: they must be read again.

        Raises
        ------
        InputOutputError
            The disk refused to sync; nothing was recorded.
        DatabaseUnavailable
            The wait for the database ended.
        """
        jobs: list[Job] = list(batch)
        again: list[Claim] = []
        while True:
            answers, classify_s = self._answerer.answer(jobs, ahead)
            answered = time.monotonic()
            finished_at = datetime.now(UTC)
            places = self._places(jobs, answers, finished_at)
            unchanged = [job for job in jobs if not self._changed_since(job, again)]
            if len(unchanged) == len(jobs):
                break
            jobs = unchanged  # answered anew: one may be a copy of a file that went back
        rows = [
            self._row(job, answer, places, finished_at) for job, answer in zip(jobs, answers, strict=True)
        ]
        self._sync(jobs)
        rows = self._recorder.record(rows, self._run.id, partial(self._stand_in, places))
        recorded = time.monotonic()
        self.dispose([_disposal(job.claim, row) for job, row in zip(jobs, rows, strict=True)])
        batch_s = {
            "classify": classify_s,
            "record": recorded - answered,
            "dispose": time.monotonic() - recorded,
        }
        self._report(rows, batch_s)
        self._observe(rows, batch_s)
        return again

    def dispose(self, disposals: Sequence[Disposal]) -> None:
        """Move files whose rows stand; what cannot be moved is kept for `retry`."""
        with self._moving:  # the loop tries again what the finishing thread could not do
            refused = dispose(self._spool, disposals)
            for disposal in disposals:
                self._pending.pop(disposal.claim.scan_id, None)
            for disposal, _ in refused:
                self._pending[disposal.claim.scan_id] = disposal
        if self._keeper:
            stay = {disposal.claim.scan_id for disposal, _ in refused}
            self._keeper.keep(
                one for one in disposals if one.claim.scan_id not in stay and one.claim.origin.keeps_file
            )
        for disposal, error in refused:
            _log.warning("dispose_failed", scan_id=disposal.claim.scan_id, error=errno_name(error))
            self._pauses.for_disk(error)

    def retry(self) -> None:
        """Try the moves again that did not succeed."""
        if self._pending:
            self.dispose(list(self._pending.values()))

    def _changed_since(self, job: Job, again: list[Claim]) -> bool:
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
            again.append(claim)  # it cannot go back, so what it holds now is read
        else:
            self.returned += 1
        _log.info("claim_changed", scan_id=claim.scan_id)
        return True

    def _places(self, jobs: Sequence[Job], answers: Sequence[Answer], now: datetime) -> Destinations:
        """Prepare to choose places; no two rows ever name one, so that a row always leads to its own file."""
        places = Destinations(self._spool, now.date())
        wanted = {
            encode_name(places.wanted(self._run.rule.path(job.claim.source, job.claim.scan_id), outcome))
            for job, answer in zip(jobs, answers, strict=True)
            for outcome in (answer.outcome, "failed")  # the second for a row that the database refuses
        }
        named = self._recorder.patiently(lambda: self._recorder.ledger.stored(wanted))
        places.reserve(decode_name(path) for path in named)
        # and neither a folder in the place of a file that could not be moved yet, nor the other way round
        places.reserve(decode_name(one.stored_path) for one in list(self._pending.values()))
        return places

    def _row(self, job: Job, answer: Answer, places: Destinations, finished_at: datetime) -> ScanRecord:
        source = self._run.rule.path(job.claim.source, job.claim.scan_id)
        keeps_file = job.claim.origin.keeps_file
        stored = places.choose(source, job.claim.scan_id, answer.outcome) if keeps_file else b""
        return record_of(
            job,
            answer,
            stored_path=stored,
            finished_at=finished_at,
            model_sha256=self._answerer.release.sha256,
            rule=self._run.rule,
        )

    def _stand_in(self, places: Destinations, row: ScanRecord) -> ScanRecord:
        if not row.stored_path:
            return unrecordable(row, b"")
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

    def _report(self, rows: Sequence[ScanRecord], batch_s: Mapping[str, float]) -> None:
        """Write one line a scan: never a name or an identifier (fault 49)."""
        shared = {stage: round(seconds, 4) for stage, seconds in batch_s.items()}
        for row in rows:
            if not row.is_canary:
                self.outcomes[row.error_code or row.decision or row.outcome] += 1
            _log.info(
                "canary" if row.is_canary else "scan",
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
