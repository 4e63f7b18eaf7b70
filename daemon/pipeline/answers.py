"""What is said of a scan: by the network, by an earlier answer to the same bytes, or by its child."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from daemon.pipeline.identifiers import Identifiers
from daemon.pipeline.in_flight import Job
from daemon.pipeline.ledger_writer import Recorder
from model.classifier import Classifier, Prediction
from model.decisions.calibration import shift_prevalence
from model.errors import BadNetworkOutput
from model.reading.network_input import pipeline_version
from model.release import Release
from storage.ledger import Earlier, PredictionRecord

OTHER_BYTES = "same_sop_instance_other_bytes"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a scan's row says of it, before it is known where the file will lie.

    Parameters
    ----------
    outcome, error_code : str
        As in the row; no code for `classified`.
    predictions : tuple of PredictionRecord
        One a frame, for `classified`.
    duplicate_of : str or None
    warnings : tuple of str
    """

    outcome: str
    error_code: str | None = None
    predictions: tuple[PredictionRecord, ...] = ()
    duplicate_of: str | None = None
    warnings: tuple[str, ...] = ()


def predicted(predictions: Sequence[Prediction | None], release: Release, prevalence: float | None) -> Answer:
    """Answer a scan whose frames went through the network.

    Parameters
    ----------
    predictions : sequence of (Prediction or None)
        One a frame; None where the network's output was not finite.
    release : Release
    prevalence : float or None
        Shifts the reported probability; the score and the decision stay.

    Returns
    -------
    Answer
        `failed` with `bad_network_output` if any frame has no prediction: never a label (fault 46).
    """
    records = []
    for frame, prediction in enumerate(predictions, start=1):
        if prediction is None:
            return Answer("failed", "bad_network_output")
        records.append(
            PredictionRecord(
                frame=frame,
                logit=prediction.logit,
                score=prediction.score,
                probability=reported(prediction.score, release, prevalence),
                distance=prediction.distance,
                decision=prediction.decision.value,
                heat_map=prediction.heat_map.astype("<f4").tobytes(),
            )
        )
    return Answer("classified", predictions=tuple(records))


def repeated(earlier: Earlier, release: Release, prevalence: float | None) -> Answer:
    """Answer a scan by the predictions of an earlier one with the same bytes, model and pipeline.

    Parameters
    ----------
    earlier : Earlier
    release : Release
    prevalence : float or None
        The setting of now, whatever it was then.

    Returns
    -------
    Answer
    """
    return Answer(
        "classified",
        predictions=tuple(
            replace(record, probability=reported(record.score, release, prevalence))
            for record in earlier.predictions
        ),
    )


def reported(score: float, release: Release, prevalence: float | None) -> float:
    """Give the probability that people see for a score: shifted to another prevalence if one is set."""
    if prevalence is None:
        return score
    return shift_prevalence(score, release.calibration.prevalence, prevalence)


def classify_scans(
    classifier: Classifier, scans: Sequence[NDArray[np.uint16] | None], batch_size: int
) -> list[list[Prediction | None]]:
    """Run the network over the frames of scans, however many each has, a batch at a time.

    Parameters
    ----------
    classifier : Classifier
    scans : sequence of (ndarray, shape (frames, 224, 224), uint16, or None)
        None for a scan that needs no prediction.
    batch_size : int
        Most frames that the network sees at once.

    Returns
    -------
    list of list of (Prediction or None)
        For each scan one a frame; None where the network's output was not finite, or had a wrong shape.
    """
    frames = [frame for scan in scans if scan is not None for frame in scan]
    predictions: list[Prediction | None] = []
    for start in range(0, len(frames), batch_size):
        batch = np.stack(frames[start : start + batch_size])  # all frames at once may be a gigabyte
        try:
            predictions += classifier.classify(batch)
        except BadNetworkOutput:
            predictions += [None] * len(batch)
    taken = iter(predictions)
    return [[] if scan is None else [next(taken) for _ in scan] for scan in scans]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the network said of a batch before its turn to be answered.

    Parameters
    ----------
    predictions : mapping of str to list of (Prediction or None)
        One a frame, by scan_id; scans that the ledger knew already are left out.
    seconds : float
        That the network took.
    """

    predictions: Mapping[str, list[Prediction | None]] = field(default_factory=dict)
    seconds: float = 0.0


class Answerer:
    """Answer the scans of a batch.

    The network may be ahead by a batch or two, in a thread of its own.

    Parameters
    ----------
    classifier : Classifier
    recorder : Recorder
        Asked for earlier answers.
    rule : Identifiers
        How the database knows identifiers.
    batch_size : int
        Most frames that the network sees at once.
    prevalence : float or None
    """

    def __init__(
        self,
        classifier: Classifier,
        recorder: Recorder,
        rule: Identifiers,
        *,
        batch_size: int,
        prevalence: float | None,
    ) -> None:
        self._classifier = classifier
        self._recorder = recorder
        self._rule = rule
        self._batch_size = batch_size
        self._prevalence = prevalence
        self._classifying = threading.Lock()

    @property
    def release(self) -> Release:
        """The release that classifies."""
        return self._classifier.release

    def predict(self, jobs: Sequence[Job]) -> Ahead:
        """Run the network over a batch, while the batch before it is still being recorded.

        Raises
        ------
        DatabaseUnavailable
            The wait for the database ended.
        """
        earlier = self._earlier(jobs)
        fresh = [job for job in jobs if self._reusable(job, earlier) is None]
        predictions, seconds = self._classify([job.decoded.inputs for job in fresh])
        by_scan = zip(fresh, predictions, strict=True)
        return Ahead({job.claim.scan_id: own for job, own in by_scan}, seconds)

    def answer(self, jobs: Sequence[Job], ahead: Ahead | None = None) -> tuple[list[Answer], float]:
        """Answer each scan of a batch.

        Parameters
        ----------
        jobs : sequence of Job
        ahead : Ahead, optional
            Of `predict` for these scans; what is not in it is asked of the network now.

        Returns
        -------
        tuple of (list of Answer, float)
            One a job, in order; and the seconds that the network took.

        Raises
        ------
        DatabaseUnavailable
            The wait for the database ended.
        """
        earlier, changed = self._known(jobs)
        reused = [self._reusable(job, earlier) for job in jobs]
        ahead = ahead or Ahead()
        given = [ahead.predictions.get(job.claim.scan_id) for job in jobs]
        fresh = [
            job.decoded.inputs if known is None and own is None else None
            for job, known, own in zip(jobs, reused, given, strict=True)
        ]
        asked, seconds = self._classify(fresh)
        predictions = [late if own is None else own for own, late in zip(given, asked, strict=True)]
        first = {sha256: known.scan_id for sha256, known in earlier.items()}
        answers = []
        for job, known, own in zip(jobs, reused, predictions, strict=True):
            answer = self._answer_one(job, known, own)
            if self._uid(job) in changed:
                answer = replace(answer, warnings=(OTHER_BYTES,))
            if answer.outcome == "classified" and job.claim.origin.is_counted:
                duplicate_of = first.setdefault(job.decoded.sha256 or "", job.claim.scan_id)
                answer = replace(
                    answer, duplicate_of=None if duplicate_of == job.claim.scan_id else duplicate_of
                )
            answers.append(answer)
        return answers, ahead.seconds + seconds

    def _classify(
        self, scans: Sequence[NDArray[np.uint16] | None]
    ) -> tuple[list[list[Prediction | None]], float]:
        if all(scan is None for scan in scans):  # and do not wait for the batch that is in the network now
            return [[] for _ in scans], 0.0
        with self._classifying:
            started = time.monotonic()
            return classify_scans(self._classifier, scans, self._batch_size), time.monotonic() - started

    def _answer_one(
        self, job: Job, known: Earlier | None, predictions: Sequence[Prediction | None]
    ) -> Answer:
        if job.decoded.outcome is not None:
            return Answer(job.decoded.outcome, job.decoded.error_code)
        if known is not None:
            return repeated(known, self.release, self._prevalence)
        return predicted(predictions, self.release, self._prevalence)

    def _known(self, jobs: Sequence[Job]) -> tuple[dict[str, Earlier], set[str]]:
        """Ask the ledger for the same bytes, and for the same instances with other bytes."""
        ledger = self._recorder.ledger
        known = [(job, job.decoded.sha256) for job in jobs if job.decoded.sha256]
        earlier = self._earlier(jobs)
        pairs = {(uid, sha256) for job, sha256 in known if (uid := self._uid(job))}
        changed = self._recorder.patiently(lambda: ledger.other_bytes(pairs)) if pairs else set()
        in_batch: dict[str, str] = {}
        for uid, sha256 in sorted(pairs):
            if in_batch.setdefault(uid, sha256) != sha256:
                changed.add(uid)
        return earlier, changed

    def _earlier(self, jobs: Sequence[Job]) -> dict[str, Earlier]:
        ledger = self._recorder.ledger
        hashes = {job.decoded.sha256 for job in jobs if job.decoded.sha256 and job.decoded.inputs is not None}
        return self._recorder.patiently(lambda: ledger.earlier(hashes)) if hashes else {}

    def _uid(self, job: Job) -> str | None:
        header = job.decoded.header
        return None if header is None else self._rule.value(header.sop_instance_uid)

    def _reusable(self, job: Job, earlier: dict[str, Earlier]) -> Earlier | None:
        """Give the earlier scan whose prediction holds: same bytes, model and pipeline, and a new file."""
        known = earlier.get(job.decoded.sha256 or "")
        if known is None or not job.claim.origin.takes_earlier_answer or job.decoded.inputs is None:
            return None
        way = pipeline_version(job.decoded.warnings)
        same = (known.model_sha256, known.pipeline_version) == (self.release.sha256, way)
        return known if same and known.predictions else None
