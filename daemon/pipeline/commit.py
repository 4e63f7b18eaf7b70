"""The last part of the pipeline: a batch with its predictions gets its answers, its rows and its places.

look for changes -> answer -> sync -> record -> dispose

All in one thread, a batch at a time, in the order in which they were taken.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

import structlog

from daemon.errors import InputOutputError, errno_name
from daemon.pauses import Pauses
from daemon.pictures.previews import Previews
from daemon.pictures.stored_previews import StoredPreviews
from daemon.pipeline.answers import Answer, Rules, answer_batch
from daemon.pipeline.ask import Asked
from daemon.pipeline.in_flight import Job
from daemon.pipeline.ledger_writer import Recorder
from daemon.pipeline.scan_log import log_scans
from daemon.pipeline.scan_record import record_of, unrecordable
from daemon.pipeline.stored_files import StoredFiles
from daemon.spool.claim import Claim
from daemon.spool.destinations import Destinations
from daemon.spool.dispose import Disposal, dispose
from daemon.spool.durability import sync_claims
from daemon.spool.file_state import look_at
from daemon.spool.folders import Spool
from daemon.spool.names import decode_name
from daemon.spool.requeue import Answered
from daemon.states import State
from storage.ledger import Known, ScanRecord
from storage.vocabulary import CLASSIFIED, FAILED

Observe = Callable[[Sequence[ScanRecord], Mapping[str, float]], None]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Committed:
    """How the files of a batch ended.

    Parameters
    ----------
    recorded : sequence of (Claim, State)
        Those with a row, and their last place; `RECORDED` for one that could not be moved.
    changed : sequence of Claim
        Those whose files were written to after they were read: they make no row, and go back to the inbox.
    rewritten : sequence of Answered
        Stored files that hold other bytes now than were answered: they are requeued.
    """

    recorded: Sequence[tuple[Claim, State]] = ()
    changed: Sequence[Claim] = ()
    rewritten: Sequence[Answered] = ()


class Committer:
    """Commit batches, in one thread: what was recorded last, and what waits to be moved, have no lock.

    Parameters
    ----------
    spool : Spool
    recorder : Recorder
    rules : Rules
    run_id : int
        Of the row in `runs`.
    pauses : Pauses
    previews : Previews, optional
        Makes pictures of classified scans that were put away.
    small_pictures : StoredPreviews, optional
        Takes the small ones that children made of classified scans.
    observe : callable
        Called with the rows of a finished batch, and the seconds of its stages.
    sync : callable
        Makes claims durable; raises OSError where the disk refuses.
    look_for_s : float
        How long files are looked at after they were put away, seconds.
    """

    def __init__(
        self,
        spool: Spool,
        recorder: Recorder,
        rules: Rules,
        run_id: int,
        *,
        pauses: Pauses,
        previews: Previews | None = None,
        small_pictures: StoredPreviews | None = None,
        observe: Observe = lambda _rows, _batch_s: None,
        sync: Callable[[Spool, Sequence[Claim]], None] = sync_claims,
        look_for_s: float = 300.0,
    ) -> None:
        self._spool = spool
        self._recorder = recorder
        self._rules = rules
        self._run_id = run_id
        self._pauses = pauses
        self._previews = previews
        self._small_pictures = small_pictures
        self._observe = observe
        self._sync_claims = sync
        self._stored = StoredFiles(spool, look_for_s)
        self._pending: dict[str, Disposal] = {}
        self.outcomes: Counter[str] = Counter()

    @property
    def pending(self) -> int:
        """Files with a row that could not be moved yet."""
        return len(self._pending)

    @property
    def recorded_again(self) -> int:
        """Rows that the database had lost after it had confirmed them."""
        return self._recorder.recorded_again

    @property
    def previews_failed(self) -> int:
        """Scans whose small pictures could not be kept."""
        return self._small_pictures.failed if self._small_pictures else 0

    @property
    def keeping(self) -> int:
        """Pictures that are being made."""
        return self._previews.pending if self._previews else 0

    def commit(self, batch: Sequence[Job], asked: Asked) -> Committed:
        """Take a batch from its predictions to its last place.

        Parameters
        ----------
        batch : sequence of Job
        asked : Asked
            Of `daemon.pipeline.ask.Asker` for this batch.

        Returns
        -------
        Committed

        Raises
        ------
        InputOutputError
            The disk refused to sync; nothing was recorded.
        DatabaseUnavailable
            The wait for the database ended.
        """
        classified = asked.classified.result()
        started = time.monotonic()
        predictions = dict(zip(asked.fresh, classified.predictions, strict=True))
        changed = [job.claim for job in batch if _has_changed(job)]
        jobs = [job for job in batch if job.claim not in changed]
        known = asked.known.after(self._recorder.recent.answering(asked.question))
        answers = answer_batch(jobs, predictions, known, self._rules)
        places = self._places(known, asked.day)
        finished_at = datetime.now(UTC)
        rows = [
            self._row(job, answer, places, finished_at) for job, answer in zip(jobs, answers, strict=True)
        ]
        self._sync(jobs)
        rows = self._recorder.record(rows, self._run_id, partial(self._stand_in, places))
        recorded = time.monotonic()
        self._keep_small_pictures(jobs, rows)
        moved = self.dispose([_disposal(job.claim, row) for job, row in zip(jobs, rows, strict=True)])
        self._stored.add((job.decoded.look, row) for job, row in zip(jobs, rows, strict=True))
        batch_s = {
            "classify": classified.seconds,
            "record": recorded - started,
            "dispose": time.monotonic() - recorded,
        }
        self.outcomes.update(
            row.error_code or row.decision or row.outcome for row in rows if not row.is_canary
        )
        log_scans(rows, batch_s)
        self._observe(rows, batch_s)
        return Committed(moved, changed)

    def dispose(self, disposals: Sequence[Disposal]) -> list[tuple[Claim, State]]:
        """Move files whose rows stand; what cannot be moved is kept for `retry`.

        Parameters
        ----------
        disposals : sequence of Disposal

        Returns
        -------
        list of (Claim, State)
            Where each is now.
        """
        refused = dispose(self._spool, disposals)
        for disposal in disposals:
            self._pending.pop(disposal.claim.scan_id, None)
        for disposal, error in refused:
            self._pending[disposal.claim.scan_id] = disposal
            _log.warning("disposal_failed", scan_id=disposal.claim.scan_id, error=errno_name(error))
            self._pauses.for_disk(error)
        places = [(one, self._place_of(one)) for one in disposals]
        if self._previews:
            self._previews.keep(one for one, place in places if place is State.DONE)
        return [(one.claim, place) for one, place in places]

    def retry(self) -> list[tuple[Claim, State]]:
        """Try the moves again that did not succeed.

        Returns
        -------
        list of tuple of (Claim, State)
        """
        return self.dispose(list(self._pending.values())) if self._pending else []

    def confirm(self) -> None:
        """See that the rows that were recorded last still stand."""
        if not self._pauses.has("database"):
            self._recorder.confirm(self._run_id)

    def look_back(self) -> Committed:
        """See that rows still stand, try moves again that failed, look again at files that were put away.

        Returns
        -------
        Committed
        """
        self.confirm()
        return Committed(self.retry(), rewritten=self._stored.rewritten())

    def _place_of(self, disposal: Disposal) -> State:
        if disposal.claim.scan_id in self._pending:
            return State.RECORDED
        if not disposal.claim.origin.keeps_file:
            return State.REMOVED
        return State.FAILED if disposal.outcome == FAILED else State.DONE

    def _places(self, known: Known, day: date) -> Destinations:
        """Prepare to choose places; no two rows ever name one, so that a row always leads to its own file."""
        places = Destinations(self._spool, day)
        places.reserve(decode_name(path) for path in known.stored_paths)
        # and neither a folder in the place of a file that could not be moved yet, nor the other way round
        places.reserve(decode_name(one.stored_path) for one in self._pending.values())
        return places

    def _row(self, job: Job, answer: Answer, places: Destinations, finished_at: datetime) -> ScanRecord:
        keeps_file = job.claim.origin.keeps_file
        source = self._rules.source(job)
        stored = places.choose(source, job.claim.scan_id, answer.outcome) if keeps_file else b""
        return record_of(
            job,
            answer,
            stored_path=stored,
            finished_at=finished_at,
            model_sha256=self._rules.release.sha256,
            rule=self._rules.identifiers,
        )

    def _stand_in(self, places: Destinations, row: ScanRecord) -> ScanRecord:
        if not row.stored_path:
            return unrecordable(row, b"")
        name = decode_name(row.source_name)
        return unrecordable(row, places.choose(name, row.scan_id, FAILED))

    def _sync(self, jobs: Sequence[Job]) -> None:
        """Make the claims durable before a row says that they are ours."""
        try:
            self._sync_claims(self._spool, [job.claim for job in jobs])
        except OSError as error:
            raise InputOutputError(
                f"the disk under the spool {self._spool.root} refused to sync ({errno_name(error)}): what "
                "was written may be lost, so nothing was recorded. Check the disk, then start again; "
                "the files wait in claimed/."
            ) from None

    def _keep_small_pictures(self, jobs: Sequence[Job], rows: Sequence[ScanRecord]) -> None:
        """Write them before the files are put away: a scan is requeued, and they go, only after that."""
        for job, row in zip(jobs, rows, strict=True):
            if self._small_pictures and row.outcome == CLASSIFIED and job.claim.origin.keeps_file:
                self._small_pictures.write(row.scan_id, job.decoded.previews)


def _has_changed(job: Job) -> bool:
    """Return whether a file was written to after its bytes were read (fault 6)."""
    look = job.decoded.look
    if look is None:
        return False
    try:
        now = look_at(job.claim.path)
    except FileNotFoundError:
        return False  # it was removed from claimed/; what was read is answered all the same
    return now is None or not now.same_content(look)


def _disposal(claim: Claim, row: ScanRecord) -> Disposal:
    return Disposal(claim, row.outcome, row.error_code, row.stored_path, row.error_detail)
