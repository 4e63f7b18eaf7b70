"""The answer that a row holds, as DICOM objects report it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from model.decisions.decision import Decision
from model.dicom_results.scan_answer import AnswerIdentity, AnsweringModel, ScanAnswer
from model.dicom_results.study_answer import StudyAnswer
from model.pictures.heat_map import read_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daemon.network.studies.report import StudyReport
    from model.dicom_results.study_answer import Answered
    from storage.scan_detail import ScanDetail
    from storage.study import StudyScan

_SAME: Final = ("sha256", "model_id", "pipeline_version", "decision", "probability", "prevalence")


def answer_of(detail: "ScanDetail", before: "ScanDetail | None" = None) -> ScanAnswer:
    """Take the answer out of a classified scan's row.

    Parameters
    ----------
    detail : ScanDetail
    before : ScanDetail, optional
        Of the answer that it takes the place of; it counts if it is one to the same bytes.

    Returns
    -------
    ScanAnswer
    """
    row, model = detail.scan, detail.model
    assert model is not None
    frame = _deciding_frame(detail)
    superseded = None
    if before is not None and before.scan["sha256"] == row["sha256"]:
        superseded = identity_of(before)
    return ScanAnswer(
        identity=identity_of(detail),
        model=AnsweringModel(
            name=model["name"],
            version=model["version"],
            rule_out=float(model["thresholds"]["rule_out"]),
            rule_in=float(model["thresholds"]["rule_in"]),
            software_version=detail.run["version"],
        ),
        decision=Decision(row["decision"]),
        probability=row["probability"],
        score=row["score"],
        prevalence=row["prevalence"],
        region=row["region"],
        frame=frame["frame"],
        frames=row["frames"] or 1,
        heat_map=None if frame["heat_map"] is None else read_map(frame["heat_map"]),
        number=row["seq"],
        superseded=superseded,
    )


def identity_of(detail: "ScanDetail") -> AnswerIdentity:
    """Return what makes the answer of a classified scan this one and no other.

    Parameters
    ----------
    detail : ScanDetail

    Returns
    -------
    AnswerIdentity
    """
    row, model = detail.scan, detail.model
    assert model is not None
    return AnswerIdentity(row["sha256"], model["sha256"], row["pipeline_version"] or "", row["finished_at"])


def study_answer_of(report: "StudyReport", answered: "tuple[Answered, ...]") -> StudyAnswer:
    """Take the answer to a study out of its report.

    Parameters
    ----------
    report : StudyReport
    answered : tuple of (ScanAnswer, SourceImage)
        Those of its scans that can be reported; not empty.

    Returns
    -------
    StudyAnswer
    """
    study, first = report.study, answered[0][0].identity
    return StudyAnswer(
        identity=AnswerIdentity(report.state, first.model_sha256, first.pipeline_version, study.answered_at),
        answered=answered,
        answer=study.deciding.answer,
        counts=study.counts(),
        waiting=report.waiting,
        incomplete=tuple(map(_named, study.incomplete)),
        number=report.number,
        superseded=None if report.before is None else _identity_from(report.before.report),
    )


def _named(scan: "StudyScan") -> str:
    why = f" ({scan.error_code})" if scan.error_code else ""
    return f"{scan.sop_instance_uid or scan.scan_id}: {scan.answer}{why}"


def as_noted(identity: AnswerIdentity) -> dict[str, str]:
    """Write what an answer is known by, as JSON has it.

    Parameters
    ----------
    identity : AnswerIdentity

    Returns
    -------
    dict of str to str
    """
    return {
        "sha256": identity.sha256,
        "model_sha256": identity.model_sha256,
        "pipeline_version": identity.pipeline_version,
        "finished_at": identity.finished_at.isoformat(),
    }


def _identity_from(noted: "Mapping[str, str] | None") -> AnswerIdentity | None:
    if noted is None:
        return None
    moment = datetime.fromisoformat(noted["finished_at"])
    return AnswerIdentity(noted["sha256"], noted["model_sha256"], noted["pipeline_version"], moment)


def is_same_answer(first: "ScanDetail", other: "ScanDetail") -> bool:
    """Return whether two scans are the same bytes, and were answered alike.

    Parameters
    ----------
    first, other : ScanDetail

    Returns
    -------
    bool
    """
    return all(first.scan[name] == other.scan[name] for name in _SAME)


def _deciding_frame(detail: "ScanDetail") -> dict[str, Any]:
    """Return the row of the frame that made the answer: of those with its decision the most probable."""
    rows = [dict(row) for row in detail.predictions if row["model_id"] == detail.scan["model_id"]]
    alike = [row for row in rows if row["decision"] == detail.scan["decision"]]
    return max(alike or rows, key=lambda row: row["probability"])
