"""From records to rows: every text cleaned and capped, every number finite."""

import math
from typing import Any

from storage.errors import DatabaseRefused
from storage.records import HEADER_TEXTS, ModelRecord, PredictionRecord, RunRecord, ScanRecord
from storage.text import REPLACEMENT, UNFIT, clean_text

# PS3.5 6.2 allows 16 (CS, SH) and 64 (LO, UI) characters; files in the wild do not keep to it.
MAX_TEXT = 256
# A path has at most 4,096 bytes, each at most three characters when percent-encoded: it is never cut.
MAX_PATH = 3 * 4096
PATHS = ("source_name", "stored_path")
REQUIRED_TEXTS = ("scan_id", "outcome")
OPTIONAL_TEXTS = (
    "error_code",
    "decision",
    "pipeline_version",
    *HEADER_TEXTS,
    "sha256",
    "duplicate_of",
    "requeued_from",
    "device",
    "error_detail",
    "region",
)
AS_THEY_ARE = (
    "received_at",
    "finished_at",
    "probability",
    "score",
    "frames",
    "rows",
    "columns",
    "size_bytes",
    "attempts",
    "is_canary",
    "prevalence",
)


def clean(value: str | None) -> str | None:
    """Clean a text of ordinary length.

    Parameters
    ----------
    value : str or None

    Returns
    -------
    str or None
        256 characters at most; None if nothing is left.
    """
    return clean_text(value, MAX_TEXT)


def clean_path(value: str) -> str:
    """Clean a path; its blanks, at the ends too, are part of the name.

    Parameters
    ----------
    value : str

    Returns
    -------
    str
        Never shorter than the file's own path.
    """
    return UNFIT.sub(REPLACEMENT, value[:MAX_PATH])


def scan_row(scan: ScanRecord, run_id: int, model_id: int | None) -> dict[str, Any]:
    """Return the row of `scans`, without its `seq`.

    Parameters
    ----------
    scan : ScanRecord
    run_id : int
        Of its row in `runs`.
    model_id : int or None
        Of its row in `models`; None unless classified.

    Returns
    -------
    dict
        Column and value.
    """
    row: dict[str, Any] = {name: getattr(scan, name) for name in AS_THEY_ARE}
    for name in OPTIONAL_TEXTS:
        row[name] = clean(getattr(scan, name))
    for name in REQUIRED_TEXTS:
        row[name] = clean(getattr(scan, name)) or ""
    for name in PATHS:
        row[name] = clean_path(getattr(scan, name))
    row["warnings"] = [clean(warning) or "" for warning in scan.warnings]
    row["durations"] = dict(scan.durations)
    row["picture"] = None if scan.picture is None else dict(scan.picture)
    row["run_id"], row["model_id"] = run_id, model_id
    return row


def prediction_row(prediction: PredictionRecord, scan_seq: int, model_id: int | None) -> dict[str, Any]:
    """Return the row of `predictions`, without its `id`.

    Parameters
    ----------
    prediction : PredictionRecord
    scan_seq : int
        Of the scan's row.
    model_id : int or None

    Returns
    -------
    dict
        Column and value.

    Raises
    ------
    DatabaseRefused
        A number is NaN or infinite: SQLite would store null for the one and keep the other.
    """
    numbers = {name: getattr(prediction, name) for name in ("logit", "score", "probability", "distance")}
    for name, number in numbers.items():
        if number is not None and not math.isfinite(number):
            raise DatabaseRefused(
                f"a prediction's {name} is no finite number; the scan must fail before it comes here"
            )
    return numbers | {
        "scan_seq": scan_seq,
        "model_id": model_id,
        "frame": prediction.frame,
        "decision": prediction.decision,
        "heat_map": prediction.heat_map,
        "region": prediction.region,
    }


def model_row(model: ModelRecord) -> dict[str, Any]:
    """Return the row of `models`, without its `id`.

    Parameters
    ----------
    model : ModelRecord

    Returns
    -------
    dict
        Column and value.
    """
    return {
        "name": clean(model.name) or "",
        "version": clean(model.version) or "",
        "sha256": model.sha256,
        "thresholds": dict(model.thresholds),
        "calibration": dict(model.calibration),
        "training_digest": clean(model.training_digest),
    }


def run_row(run: RunRecord) -> dict[str, Any]:
    """Return the row of `runs`, without its `id`.

    Parameters
    ----------
    run : RunRecord

    Returns
    -------
    dict
        Column and value.
    """
    return {
        "started_at": run.started_at,
        "host": clean(run.host) or "",
        "version": clean(run.version) or "",
        "settings_digest": clean(run.settings_digest) or "",
        "pid": run.pid,
    }
