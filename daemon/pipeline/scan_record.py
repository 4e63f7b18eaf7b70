"""The row of a scan, composed from its claim, its child's findings and its answer: pure arithmetic."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from daemon.pipeline.answers import Answer
from daemon.pipeline.identifiers import Identifiers
from daemon.pipeline.in_flight import Job
from daemon.pipeline.regions import WARNING, contradicts
from daemon.spool.names import encode_name
from model.decisions.decision import Decision, decide_scan
from model.drift.appearance import measure_picture
from model.header import Header
from model.reading.network_input import odd_signs, pipeline_version
from storage.records import CODES, HEADER_COLUMNS, IDENTIFIERS, PEERS, UIDS, ScanRecord
from storage.vocabulary import CLASSIFIED, FAILED


def record_of(
    job: Job,
    answer: Answer,
    *,
    stored_path: bytes,
    finished_at: datetime,
    model_sha256: str,
    rule: Identifiers,
) -> ScanRecord:
    """Write the row of a scan.

    Parameters
    ----------
    job : Job
    answer : Answer
    stored_path : bytes
        Path below the spool where the file will lie; empty for one that will not be kept.
    finished_at : datetime
        Aware.
    model_sha256 : str
        Identity of the release.
    rule : Identifiers
        What is kept of identifiers and names.

    Returns
    -------
    ScanRecord
    """
    claim, decoded = job.claim, job.decoded
    classified = answer.outcome == CLASSIFIED
    row = ScanRecord(
        scan_id=claim.scan_id,
        received_at=claim.received_at,
        finished_at=finished_at,
        source_name=encode_name(rule.path(claim.source, claim.scan_id)),
        outcome=answer.outcome,
        error_code=answer.error_code,
        model_sha256=model_sha256 if classified else None,
        pipeline_version=pipeline_version(decoded.warnings),
        sha256=decoded.sha256,
        size_bytes=decoded.look.size if decoded.look else None,
        duplicate_of=answer.duplicate_of,
        requeued_from=claim.origin.requeued_from,
        stored_path=encode_name(stored_path),
        attempts=job.attempts,
        warnings=(*odd_signs(decoded.warnings), *answer.warnings),
        durations=_rounded(decoded.durations),
        is_canary=claim.origin.is_canary,
        device=decoded.header.device if decoded.header else None,
        picture=None if decoded.inputs is None else measure_picture(decoded.inputs),
        predictions=answer.predictions,
        error_detail=None if classified else decoded.error_detail,
        **_header_columns(decoded.header, rule),
        **(_decision_columns(answer) if classified else {}),
    )
    body_part = decoded.header.body_part_examined if decoded.header else None  # a row may lack it by the rule
    if not contradicts(body_part, row.region):
        return row
    return replace(row, warnings=(*row.warnings, WARNING))


def _header_columns(header: Header | None, rule: Identifiers) -> dict[str, Any]:
    if header is None:
        return {}
    values = {name: getattr(header, name) for name in HEADER_COLUMNS}
    return (
        values
        | {name: rule.value(values[name]) for name in IDENTIFIERS}
        | {name: rule.code(values[name]) for name in CODES}
        | {name: rule.uid(values[name]) for name in UIDS}
        | {name: rule.peer(values[name]) for name in PEERS}
    )


def _decision_columns(answer: Answer) -> dict[str, Any]:
    decision, probability = decide_scan([(Decision(p.decision), p.probability) for p in answer.predictions])
    deciding = max((p for p in answer.predictions if p.decision == decision.value), key=lambda p: p.score)
    is_known = decision is not Decision.ABSTAINED  # else the network knows nothing like this picture
    return {
        "decision": decision.value,
        "probability": probability,
        "score": deciding.score,
        "region": deciding.region if is_known else None,
        "prevalence": answer.prevalence,
    }


def _rounded(durations: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(float(seconds), 6) for stage, seconds in durations.items()}


def unrecordable(row: ScanRecord, stored_path: bytes) -> ScanRecord:
    """Return the row that stands for one that the database refused: failed, and without the header's fields.

    Parameters
    ----------
    row : ScanRecord
    stored_path : bytes
        Below ``failed/``.

    Returns
    -------
    ScanRecord
    """
    decided = ("decision", "probability", "prevalence", "score", "region")
    empty: dict[str, Any] = dict.fromkeys((*HEADER_COLUMNS, *decided))
    return replace(
        row,
        outcome=FAILED,
        error_code="unrecordable",
        model_sha256=None,
        duplicate_of=None,
        stored_path=encode_name(stored_path),
        warnings=(),
        device=None,
        picture=None,
        predictions=(),
        error_detail=None,
        **empty,
    )
