"""What the page calls things: decisions in a word and a shape, filters, columns, ages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from daemon.spool.warnings import WARNINGS
from model.regions import REGIONS
from storage.vocabulary import (
    ABSTAINED,
    CLASSIFIED,
    DECISIONS,
    FAILED,
    FAILED_CODES,
    FRACTURED,
    NOT_FRACTURED,
    OUTCOMES,
    REJECTED,
    REJECTED_CODES,
    UNCERTAIN,
)

_SHAPES: Final = {
    FRACTURED: "\N{BLACK UP-POINTING TRIANGLE}",
    UNCERTAIN: "\N{BLACK DIAMOND}",
    ABSTAINED: "\N{WHITE CIRCLE}",
    NOT_FRACTURED: "\N{BLACK CIRCLE}",
    FAILED: "\N{MULTIPLICATION X}",
    REJECTED: "\N{EM DASH}",
}


@dataclass(frozen=True, slots=True)
class Described:
    """An answer as a person reads it.

    Parameters
    ----------
    key : str
        The decision, or the outcome of a scan without one; for the colour.
    shape, words : str
    """

    key: str
    shape: str
    words: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form above the worklist.

    Parameters
    ----------
    name, label : str
    kind : str
        ``text``, ``date``, ``number`` or ``choice``.
    choices : tuple of str
    any_word : str
        What the choice of nothing is called; empty: one of the choices always holds, the first at first.
    """

    name: str
    label: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    any_word: str = "any"


FILTERS: Final = (
    Field("decision", "Decision", "choice", DECISIONS),
    Field("outcome", "Outcome", "choice", OUTCOMES),
    Field("since", "From", "date"),
    Field("until", "To before", "date"),
    Field("patient", "Patient ID"),
    Field("accession", "Accession number"),
    Field("name", "File"),
    Field("sort", "Order", "choice", ("suspicious", "newest", "oldest"), any_word=""),
)
MORE_FILTERS: Final = (
    Field("min", "Probability from", "number"),
    Field("max", "Probability to", "number"),
    Field("region", "Region seen", "choice", REGIONS),
    Field("modality", "Modality"),
    Field("device", "Device"),
    Field("calling_ae", "Calling AE"),
    Field("model", "Model"),
    Field("uid", "Study, series or SOP UID"),
    Field("reviewed", "Reviewed", "choice", ("yes", "no")),
    Field("code", "Error code", "choice", REJECTED_CODES + FAILED_CODES),
    Field("warning", "Warning", "choice", tuple(WARNINGS)),
)

_COLUMNS: Final = {
    "sop_instance_uid": "SOP Instance UID",
    "study_instance_uid": "Study Instance UID",
    "series_instance_uid": "Series Instance UID",
    "transfer_syntax_uid": "Transfer Syntax UID",
    "sha256": "SHA-256",
    "scan_id": "Scan id",
    "patient_id": "Patient ID",
    "calling_ae": "Calling AE",
}


def describe(row: Mapping[str, Any]) -> Described:
    """Describe how a scan was answered.

    Parameters
    ----------
    row : mapping
        With `outcome`, `decision` and `error_code`.

    Returns
    -------
    Described
    """
    if row["outcome"] == CLASSIFIED:
        key = row["decision"]
        return Described(key, _SHAPES[key], key.replace("_", " "))
    words = f"{row['outcome']}: {(row['error_code'] or '').replace('_', ' ')}"
    return Described(row["outcome"], _SHAPES[row["outcome"]], words)


def column(name: str) -> str:
    """Write the name of a column as a person reads it.

    Parameters
    ----------
    name : str
        ``study_instance_uid``.

    Returns
    -------
    str
        ``Study Instance UID``.
    """
    return _COLUMNS.get(name) or name.replace("_", " ").capitalize()


def age(passed: timedelta) -> str:
    """Write how long ago something was, in its largest unit.

    Parameters
    ----------
    passed : timedelta
        One below zero, of a clock that was set back, counts as none.

    Returns
    -------
    str
        ``3 min``.
    """
    seconds = max(0, int(passed.total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
