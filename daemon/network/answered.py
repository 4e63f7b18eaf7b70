"""The answer that a row holds, as DICOM objects report it."""

from typing import TYPE_CHECKING, Any, Final

from model.decisions.decision import Decision
from model.dicom_results.scan_answer import AnswerIdentity, AnsweringModel, ScanAnswer
from model.pictures.heat_map import read_map

if TYPE_CHECKING:
    from storage.queries import ScanDetail

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
