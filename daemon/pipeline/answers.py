"""What is answered to a scan, by the network's predictions and by what the database knows: pure rules.

The same bytes are answered by their first scan's predictions, copies name the scan that they are copies of,
and one SOP instance with other bytes is warned of (faults 7 to 9, 46).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from daemon.pipeline.identifiers import Identifiers
from daemon.pipeline.in_flight import Job
from model.classifier import Prediction
from model.decisions.calibration import shift_prevalence
from model.reading.network_input import pipeline_version
from model.release import Release
from storage.known import Known
from storage.ledger import Earlier, PredictionRecord
from storage.vocabulary import CLASSIFIED, FAILED

OTHER_BYTES = "same_sop_instance_other_bytes"
CHANGED = "changed_after_answer"


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
    prevalence : float or None
        The share of fractured scans that the probabilities assume, for `classified`.
    """

    outcome: str
    error_code: str | None = None
    predictions: tuple[PredictionRecord, ...] = ()
    duplicate_of: str | None = None
    warnings: tuple[str, ...] = ()
    prevalence: float | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What answers depend on beside the scans themselves.

    Parameters
    ----------
    release : Release
        The one that classifies.
    identifiers : Identifiers
        How the database knows identifiers.
    prevalence : float or None
        Shifts the reported probability; scores and decisions stay.
    """

    release: Release
    identifiers: Identifiers
    prevalence: float | None = None

    def instance(self, job: Job) -> str | None:
        """Return the SOP Instance UID of a scan as its row will hold it.

        Parameters
        ----------
        job : Job

        Returns
        -------
        str or None
        """
        header = job.decoded.header
        return None if header is None else self.identifiers.value(header.sop_instance_uid)

    def source(self, job: Job) -> bytes:
        """Return the path below the inbox of a scan as its row will hold it.

        Parameters
        ----------
        job : Job

        Returns
        -------
        bytes
        """
        return self.identifiers.path(job.claim.source, job.claim.scan_id)

    def needs_network(self, job: Job, known: Known) -> bool:
        """Return whether a scan has pictures that no earlier prediction stands for.

        Parameters
        ----------
        job : Job
        known : Known

        Returns
        -------
        bool
        """
        return job.decoded.inputs is not None and self.reusable(job, known) is None

    def reusable(self, job: Job, known: Known) -> Earlier | None:
        """Return the earlier scan whose prediction holds: same bytes, model and pipeline, and a new file.

        Parameters
        ----------
        job : Job
        known : Known

        Returns
        -------
        Earlier or None
        """
        earlier = known.earlier.get(job.decoded.sha256 or "")
        if earlier is None or not job.claim.origin.takes_earlier_answer or job.decoded.inputs is None:
            return None
        way = pipeline_version(job.decoded.warnings)
        is_same = (earlier.model_sha256, earlier.pipeline_version) == (self.release.sha256, way)
        return earlier if is_same and earlier.predictions else None


def answer_batch(
    jobs: Sequence[Job],
    predictions: Mapping[str, Sequence[Prediction | None]],
    known: Known,
    rules: Rules,
) -> list[Answer]:
    """Answer each scan of a batch.

    Parameters
    ----------
    jobs : sequence of Job
        Those of the batch whose files are as they were when they were read.
    predictions : mapping of str to sequence of (Prediction or None)
        By scan_id, one a frame: of each scan for which `Rules.needs_network` was true.
    known : Known
        What the rows say that stand before this batch.
    rules : Rules

    Returns
    -------
    list of Answer
        One a job, in order.
    """
    first = {sha256: earlier.scan_id for sha256, earlier in known.earlier.items()}
    answered = [(job, _answer_one(job, predictions, known, rules)) for job in jobs]
    classified = [job for job, answer in answered if answer.outcome == CLASSIFIED]
    other_bytes = _instances_with_other_bytes(classified, known, rules)
    answers = []
    for job, plain in answered:
        answer = plain
        if answer.outcome == CLASSIFIED and rules.instance(job) in other_bytes:
            answer = replace(answer, warnings=(OTHER_BYTES,))
        if job.claim.origin.was_changed:
            answer = replace(answer, warnings=(*answer.warnings, CHANGED))
        if answer.outcome == CLASSIFIED and job.claim.origin.is_counted:
            original = first.setdefault(job.decoded.sha256 or "", job.claim.scan_id)
            answer = replace(answer, duplicate_of=None if original == job.claim.scan_id else original)
        answers.append(answer)
    return answers


def _answer_one(
    job: Job, predictions: Mapping[str, Sequence[Prediction | None]], known: Known, rules: Rules
) -> Answer:
    if job.decoded.outcome is not None:
        return Answer(job.decoded.outcome, job.decoded.error_code)
    earlier = rules.reusable(job, known)
    if earlier is not None:
        return repeated(earlier, rules.release, rules.prevalence)
    return predicted(predictions[job.claim.scan_id], rules.release, rules.prevalence)


def _instances_with_other_bytes(jobs: Sequence[Job], known: Known, rules: Rules) -> set[str | None]:
    """Return the instances that a classified row, or another of these scans, has with other bytes."""
    contents: dict[str, set[str]] = {}
    for job in jobs:
        uid, sha256 = rules.instance(job), job.decoded.sha256
        if uid is not None and sha256 is not None:
            contents.setdefault(uid, set()).add(sha256)
    return {
        uid
        for uid, sha256s in contents.items()
        if len(sha256s) > 1 or any(known.has_other_bytes(uid, sha256) for sha256 in sha256s)
    }


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
            return Answer(FAILED, "bad_network_output")
        records.append(
            PredictionRecord(
                frame=frame,
                logit=prediction.logit,
                score=prediction.score,
                probability=reported(prediction.score, release, prevalence),
                distance=prediction.distance,
                decision=prediction.decision.value,
                heat_map=prediction.heat_map.astype("<f4").tobytes(),
                region=prediction.region,
            )
        )
    return Answer(CLASSIFIED, predictions=tuple(records), prevalence=assumed(release, prevalence))


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
        CLASSIFIED,
        predictions=tuple(
            replace(record, probability=reported(record.score, release, prevalence))
            for record in earlier.predictions
        ),
        prevalence=assumed(release, prevalence),
    )


def reported(score: float, release: Release, prevalence: float | None) -> float:
    """Return the probability that people see for a score: shifted to another prevalence if one is set.

    Parameters
    ----------
    score : float
    release : Release
    prevalence : float or None

    Returns
    -------
    float
    """
    if prevalence is None:
        return score
    return shift_prevalence(score, release.calibration.prevalence, prevalence)


def assumed(release: Release, prevalence: float | None) -> float:
    """Return the share of fractured scans that reported probabilities assume.

    Parameters
    ----------
    release : Release
    prevalence : float or None
        The setting.

    Returns
    -------
    float
        The setting, else the prevalence of the release's calibration.
    """
    return release.calibration.prevalence if prevalence is None else prevalence
