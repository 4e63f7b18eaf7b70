"""The questions that a batch and a recovery ask of the rows that stand, as statements that are made once."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from storage.records import Earlier, PredictionRecord, Recorded
from storage.rows import clean
from storage.schema import MODELS, PREDICTIONS, SCANS
from storage.vocabulary import CLASSIFIED

FIRST_OF_SAME_BYTES = (
    select(SCANS, MODELS.c.sha256.label("model_sha256"))
    .select_from(SCANS)
    .join(MODELS, MODELS.c.id == SCANS.c.model_id)
    .where(
        SCANS.c.seq.in_(
            select(func.min(SCANS.c.seq))
            .where(
                SCANS.c.sha256.in_(bindparam("asked", expanding=True)),
                SCANS.c.outcome == CLASSIFIED,
                SCANS.c.is_canary.is_(False),
            )
            .group_by(SCANS.c.sha256)
            .scalar_subquery()
        )
    )
)
PREDICTIONS_OF = (
    select(PREDICTIONS)
    .where(PREDICTIONS.c.scan_seq.in_(bindparam("asked", expanding=True)))
    .order_by(PREDICTIONS.c.frame)
)
RECORDED = select(
    SCANS.c.scan_id,
    SCANS.c.outcome,
    SCANS.c.error_code,
    SCANS.c.stored_path,
    SCANS.c.source_name,
    SCANS.c.error_detail,
).where(SCANS.c.scan_id.in_(bindparam("asked", expanding=True)))
CONTENTS_OF_INSTANCES = select(SCANS.c.sop_instance_uid, SCANS.c.sha256).where(
    SCANS.c.sop_instance_uid.in_(bindparam("asked", expanding=True)),
    SCANS.c.sha256.is_not(None),
    SCANS.c.outcome == CLASSIFIED,
)
STORED_PATHS = select(SCANS.c.stored_path, SCANS.c.scan_id).where(
    SCANS.c.stored_path.in_(bindparam("asked", expanding=True))
)


def recorded_of(connection: Connection, scan_ids: Iterable[str]) -> dict[str, Recorded]:
    """Return, by scan_id, what is recorded; scans without a row are left out.

    Parameters
    ----------
    connection : Connection
    scan_ids : iterable of str

    Returns
    -------
    dict of str to Recorded
    """
    found: dict[str, Recorded] = {}
    for some in chunks(scan_ids):
        for row in connection.execute(RECORDED, {"asked": some}):
            found[row.scan_id] = Recorded(*row)
    return found


def earlier_of(connection: Connection, sha256s: Iterable[str]) -> dict[str, Earlier]:
    """Return, by sha256, the first classified scan of the same bytes, with its predictions.

    Parameters
    ----------
    connection : Connection
    sha256s : iterable of str

    Returns
    -------
    dict of str to Earlier
    """
    found: dict[str, Earlier] = {}
    for some in chunks(sha256s):
        scans = connection.execute(FIRST_OF_SAME_BYTES, {"asked": some}).all()
        predictions: dict[int, list[PredictionRecord]] = {scan.seq: [] for scan in scans}
        if scans:
            for row in connection.execute(PREDICTIONS_OF, {"asked": list(predictions)}):
                predictions[row.scan_seq].append(prediction_from(row))
        for scan in scans:
            found[scan.sha256] = Earlier(
                scan_id=scan.scan_id,
                model_sha256=scan.model_sha256,
                pipeline_version=scan.pipeline_version,
                decision=scan.decision,
                probability=scan.probability,
                score=scan.score,
                frames=scan.frames,
                predictions=tuple(predictions[scan.seq]),
            )
    return found


def prediction_from(row: Row[Any]) -> PredictionRecord:
    """Return the record of a row of `predictions`.

    Parameters
    ----------
    row : Row[Any]

    Returns
    -------
    PredictionRecord
    """
    return PredictionRecord(
        row.frame,
        row.logit,
        row.score,
        row.probability,
        row.distance,
        row.decision,
        row.heat_map,
        row.region,
    )


def contents_of(connection: Connection, uids: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return, by SOP Instance UID as it is recorded, the sha256 of each classified file that has it.

    Parameters
    ----------
    connection : Connection
    uids : iterable of str

    Returns
    -------
    dict of str to frozenset of str
    """
    cleaned = (plain for uid in uids if (plain := clean(uid)) is not None)
    found: dict[str, set[str]] = {}
    for some in chunks(cleaned):
        for row in connection.execute(CONTENTS_OF_INSTANCES, {"asked": some}):
            found.setdefault(str(row.sop_instance_uid), set()).add(str(row.sha256))
    return {uid: frozenset(sha256s) for uid, sha256s in found.items()}


def stored_of(connection: Connection, paths: Iterable[str]) -> dict[str, str]:
    """Return which of these paths a row names, and the scan that each belongs to.

    Parameters
    ----------
    connection : Connection
    paths : iterable of str

    Returns
    -------
    dict of str to str
        Path to scan_id.
    """
    named: dict[str, str] = {}
    for some in chunks(paths):
        named |= {row.stored_path: row.scan_id for row in connection.execute(STORED_PATHS, {"asked": some})}
    return named


def chunks(values: Iterable[str], size: int = 500) -> Iterable[list[str]]:
    """Cut distinct values into lists that fit into one statement (SQLite takes 32,766 of them).

    Parameters
    ----------
    values : iterable of str
    size : int

    Returns
    -------
    iterable of list of str
    """
    distinct = list(dict.fromkeys(values))
    return (distinct[start : start + size] for start in range(0, len(distinct), size))
