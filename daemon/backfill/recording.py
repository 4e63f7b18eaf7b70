"""A batch of an archive gets its rows; its files are left alone.

ask -> classify -> look for changes -> answer -> record

As in the daemon's pipeline, without its first and last stage: nothing is claimed, and nothing is put away.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from daemon.backfill.looks import UNREADABLE, seen
from daemon.execution.executor import Executor
from daemon.pictures.stored_previews import StoredPreviews
from daemon.pipeline.answers import Rules, answer_batch
from daemon.pipeline.in_flight import Job
from daemon.pipeline.ledger_writer import Recorder
from daemon.pipeline.scan_record import record_of, unrecordable
from daemon.spool.file_state import Look
from daemon.spool.folders import Spool
from daemon.spool.names import decode_name, encode_name
from model.reading.signatures import HEAD_BYTES, Signature, recognise
from storage.engine import Engine
from storage.held import held_places
from storage.ledger import Question, ScanRecord
from storage.vocabulary import CLASSIFIED

if TYPE_CHECKING:
    from daemon.spool.claim import Claim

ANSWERED: Final = "answered"
KNOWN: Final = "known"
NOT_OURS: Final = "not_ours"
CHANGED: Final = "changed"


class Recording:
    """Record batches; used by one thread.

    Parameters
    ----------
    spool : Spool
        Rows name files in it by their place below it, and all others by their whole path.
    engine : Engine
    executor : Executor
    recorder : Recorder
    rules : Rules
    run_id : int
    small_pictures : StoredPreviews, optional
        Takes the small ones that children made of classified scans.
    """

    def __init__(
        self,
        spool: Spool,
        engine: Engine,
        executor: Executor,
        recorder: Recorder,
        rules: Rules,
        *,
        run_id: int,
        small_pictures: StoredPreviews | None = None,
    ) -> None:
        self._root = os.path.join(os.fsencode(spool.root), b"")
        self._engine = engine
        self._executor = executor
        self._recorder = recorder
        self._rules = rules
        self._run_id = run_id
        self._small_pictures = small_pictures

    def record(self, batch: Sequence[Job]) -> tuple[list[str], list[ScanRecord]]:
        """Give each file its row, unless it has one or is of another program.

        Parameters
        ----------
        batch : sequence of Job

        Returns
        -------
        tuple of (list of str, list of ScanRecord)
            How each ended, in order: one of this module's words or of `daemon.backfill.looks`; and the rows.

        Raises
        ------
        DatabaseUnavailable
            The wait for the database ended.
        """
        ends = {id(job): NOT_OURS for job in batch if _is_not_ours(job)}
        ours = [job for job in batch if id(job) not in ends]
        questions = [self._question(job) for job in ours]
        known = self._recorder.ask(questions)
        fresh = [job for job in ours if self._rules.needs_network(job, known)]
        inputs = [job.decoded.inputs for job in fresh if job.decoded.inputs is not None]
        classified = self._executor.classify(inputs).result()
        predictions = dict(zip((job.claim.scan_id for job in fresh), classified.predictions, strict=True))
        ends |= {id(job): end for job in ours if (end := _end_without_row(job)) is not None}
        standing = self._standing(
            [job for job in ours if encode_name(self.place(job.claim)) in known.stored_paths]
        )
        ends |= {id(job): KNOWN for job in ours if id(job) not in ends and self._has_row(job, standing)}
        jobs = [job for job in ours if id(job) not in ends]
        answers = answer_batch(jobs, predictions, known, self._rules)
        finished_at = datetime.now(UTC)
        rows = [
            record_of(
                job,
                answer,
                stored_path=self.place(job.claim),
                finished_at=finished_at,
                model_sha256=self._rules.release.sha256,
                rule=self._rules.identifiers,
            )
            for job, answer in zip(jobs, answers, strict=True)
        ]
        if rows:
            rows = self._recorder.record(rows, self._run_id, _stand_in)
        for job, row in zip(jobs, rows, strict=True):
            if self._small_pictures and row.outcome == CLASSIFIED:
                self._small_pictures.write(row.scan_id, job.decoded.previews)
        return [ends.get(id(job), ANSWERED) for job in batch], rows

    def place(self, claim: "Claim") -> bytes:
        """Return how a row names the place of a file.

        Parameters
        ----------
        claim : Claim

        Returns
        -------
        bytes
            Below the spool as ever; else its whole path, which begins with ``/``: it is not ours to move.
        """
        if claim.path.startswith(self._root):
            return claim.path[len(self._root) :]
        return b"/" + self._rules.identifiers.path(claim.path.lstrip(b"/"), claim.scan_id)

    def _question(self, job: Job) -> Question:
        is_ours = job.decoded.sha256 is not None and job.decoded.inputs is not None
        uid = self._rules.instance(job) if is_ours else None
        return Question(
            frozenset({job.decoded.sha256} if job.decoded.sha256 and is_ours else ()),
            frozenset({uid} if uid else ()),
            frozenset({encode_name(self.place(job.claim))}),
        )

    def _standing(self, jobs: Sequence[Job]) -> frozenset[tuple[str, str | None]]:
        """Ask with which bytes files have rows that were touched since, or written to."""
        if not jobs:
            return frozenset()
        paths = [encode_name(self.place(job.claim)) for job in jobs]
        return self._recorder.with_retries(partial(held_places, self._engine, paths))

    def _has_row(self, job: Job, standing: frozenset[tuple[str, str | None]]) -> bool:
        if job.claim.origin.requeued_from is not None:  # its place has a row, whose answer is to be replaced
            return False
        return (encode_name(self.place(job.claim)), job.decoded.sha256) in standing


def _stand_in(row: ScanRecord) -> ScanRecord:
    return unrecordable(row, decode_name(row.stored_path))


def _is_not_ours(job: Job) -> bool:
    """Return whether a file of an archive is of another program: a row would only be one more failure."""
    if job.claim.origin.requeued_from is not None:
        return False
    if job.decoded.error_code == "too_large" and job.decoded.sha256 is None:
        return _begins_like_nothing(job.claim.path)
    return job.decoded.error_code == "unknown_format"


def _begins_like_nothing(path: bytes) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return recognise(file.read(HEAD_BYTES)) is Signature.UNKNOWN
    except OSError:
        return False


def _end_without_row(job: Job) -> str | None:
    """Say why a file gets no row now; None: its row may say what was read, or that nothing could be.

    What is away would be unreadable for ever by its row, and what was written to while it was read is not
    what was read.
    """
    now, before = seen(job.claim.path), job.decoded.look
    if before is None or now == UNREADABLE:
        return None if isinstance(now, Look) else now
    return None if isinstance(now, Look) and now.same_content(before) else CHANGED
