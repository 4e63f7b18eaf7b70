"""One line in the log for each scan whose row stands: never a name or an identifier (fault 49)."""

from collections.abc import Mapping, Sequence

import structlog

from storage.records import ScanRecord

_log = structlog.get_logger()


def log_scans(rows: Sequence[ScanRecord], batch_s: Mapping[str, float]) -> None:
    """Write the lines of a batch.

    Parameters
    ----------
    rows : sequence of ScanRecord
    batch_s : mapping of str to float
        Seconds that each stage took for the whole batch.
    """
    shared = _rounded(batch_s)
    for row in rows:
        _log.info(
            "canary_recorded" if row.is_canary else "scan_recorded",
            decision=row.decision,  # first, for it is what people at a terminal look for
            scan_id=row.scan_id,
            outcome=row.outcome,
            error_code=row.error_code,
            sha256=(row.sha256 or "")[:12],
            frames=row.frames,
            warnings=list(row.warnings),
            scan_s=_rounded(row.durations),
            batch_size=len(rows),
            batch_s=shared,
        )


def _rounded(spent: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(seconds, 4) for stage, seconds in spent.items()}
