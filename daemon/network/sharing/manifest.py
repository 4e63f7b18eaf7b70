"""The tables of an export: which file has which answer, and what was left out, under pseudonyms alone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from storage.tables.csv import line
from storage.times import format_utc

if TYPE_CHECKING:
    from model.header import Header
    from storage.scan_detail import ScanDetail

COLUMNS: Final = (
    "file",
    "sha256",
    "scan",
    "patient_id",
    "study_instance_uid",
    "series_instance_uid",
    "sop_instance_uid",
    "decision",
    "probability",
    "score",
    "prevalence",
    "region",
    "model",
    "model_sha256",
    "pipeline_version",
    "answered_at",
    "frames",
    "rows",
    "columns",
    "modality",
    "body_part_examined",
    "laterality",
    "view_position",
    "manufacturer",
    "manufacturer_model_name",
    "transfer_syntax_uid",
    "reviewed",
    "burned_in",
    "warnings",
    "objects",
)
"""Of the manifest; times are moved as the patient's are."""
SKIPPED: Final = ("scan", "reason")
"""Of the table of what was left out."""
_OF_HEADER: Final = (
    "frames",
    "rows",
    "columns",
    "modality",
    "body_part_examined",
    "laterality",
    "view_position",
    "manufacturer",
    "manufacturer_model_name",
    "transfer_syntax_uid",
    "study_instance_uid",
    "series_instance_uid",
    "sop_instance_uid",
    "patient_id",
)
_OF_ROW: Final = ("decision", "probability", "score", "prevalence", "region", "pipeline_version")


def row_of(detail: "ScanDetail", header: "Header", shift: timedelta) -> dict[str, Any]:
    """Say what the manifest says of a scan, but for its files.

    Parameters
    ----------
    detail : ScanDetail
        Only its answer is taken.
    header : Header
        Of the file that was made.
    shift : timedelta
        Of the patient.

    Returns
    -------
    dict
    """
    model = detail.model
    assert model is not None
    known = {name: getattr(header, name) for name in _OF_HEADER}
    known |= {name: detail.scan[name] for name in _OF_ROW}
    return known | {
        "model": f"{model['name']}@{model['version']}",
        "model_sha256": model["sha256"],
        "answered_at": format_utc(detail.scan["finished_at"] + shift),
        "reviewed": detail.reviews[-1]["verdict"] if detail.reviews else None,
    }


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    r"""Write rows as CSV, as `inboxray export` does.

    Parameters
    ----------
    columns : sequence of str
    rows : iterable of mappings

    Returns
    -------
    bytes
        UTF-8; lines end with `\n`.
    """
    lines = [",".join(columns), *(line(columns, [row.get(name) for name in columns]) for row in rows)]
    return "".join(one + "\n" for one in lines).encode("utf-8", "backslashreplace")
