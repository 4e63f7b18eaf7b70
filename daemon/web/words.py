"""What the page calls things: decisions in a word and a shape, and the filters of the worklist."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from storage.vocabulary import (
    ABSTAINED,
    CLASSIFIED,
    DECISIONS,
    FAILED,
    FRACTURED,
    NOT_FRACTURED,
    OUTCOMES,
    REJECTED,
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
    """

    name: str
    label: str
    kind: str = "text"
    choices: tuple[str, ...] = ()


FILTERS: Final = (
    Field("decision", "Decision", "choice", DECISIONS),
    Field("outcome", "Outcome", "choice", OUTCOMES),
    Field("since", "From", "date"),
    Field("until", "To before", "date"),
    Field("patient", "Patient ID"),
    Field("accession", "Accession number"),
    Field("name", "File"),
    Field("device", "Device"),
    Field("region", "Region"),
    Field("min", "Probability from", "number"),
    Field("max", "to", "number"),
    Field("sort", "Order", "choice", ("suspicious", "newest", "oldest")),
)


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
