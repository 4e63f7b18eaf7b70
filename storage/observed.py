"""Recent scans, as far as drift is measured by them: no identifier, no name."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from storage.schema import MODELS, SCANS
from storage.times import require_aware
from storage.translate import translated_errors
from storage.vocabulary import CLASSIFIED

ROWS_A_FETCH = 500


@dataclass(frozen=True, slots=True)
class Observed:
    """One classified scan.

    Attributes
    ----------
    scan_id, decision : str
    modality, device : str or None
    score : float
        In [0, 1], at the prevalence of the calibration.
    picture : mapping of str to float, or None
        See `model.drift.appearance`; None for scans from before it was kept.
    """

    scan_id: str
    decision: str
    modality: str | None
    device: str | None
    score: float
    picture: Mapping[str, float] | None


def observed(
    engine: Engine,
    model_sha256: str,
    *,
    since: datetime | None = None,
) -> Generator[Observed, None, None]:
    """Yield scans that one model classified, in the order of recording; copies and canaries are left out.

    Parameters
    ----------
    engine : Engine
    model_sha256 : str
    since : datetime, optional
        Aware; earlier ones are left out, by finished_at.

    Yields
    ------
    Observed

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    columns = (
        SCANS.c.scan_id,
        SCANS.c.decision,
        SCANS.c.modality,
        SCANS.c.device,
        SCANS.c.score,
        SCANS.c.picture,
    )
    statement = (
        select(*columns)
        .select_from(SCANS)
        .join(MODELS, MODELS.c.id == SCANS.c.model_id)
        .where(SCANS.c.outcome == CLASSIFIED, SCANS.c.is_canary.is_(False), SCANS.c.duplicate_of.is_(None))
        .where(MODELS.c.sha256 == model_sha256)
        .order_by(SCANS.c.seq)
    )
    if since is not None:
        statement = statement.where(SCANS.c.finished_at >= require_aware(since))
    options = {"stream_results": True, "yield_per": ROWS_A_FETCH}
    with (
        translated_errors("reading what was observed"),
        engine.connect().execution_options(**options) as connection,
        connection.execute(statement) as found,
    ):
        for row in found:
            yield Observed(**row._asdict())
