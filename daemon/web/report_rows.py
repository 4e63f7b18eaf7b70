"""What a report may show of a row: identifiers as the settings want them now, whatever older rows hold."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final, Literal

from daemon.pipeline.identifiers import Identifiers
from storage.filters import Filters
from storage.records import CODES, IDENTIFIERS

Shown = Literal["keep", "hash", "drop"]
"""As the setting `identifiers`."""

_HASH: Final = re.compile(r"[0-9a-f]{32}")
_HASHED_PATH: Final = re.compile(r"([0-9a-f]{32}/)*[0-9a-f]{32}(\.(dcm|dicom|png|jpg|jpeg))?")
_NOT_IN_WORDS: Final = frozenset({"limit", "offset", "order", "only_current"})
_NAMES_ONE: Final = frozenset({"patient", "study", "accession", "uid", "name", "device"})
"""Filters whose values identify."""


def shown_row(row: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    """Leave out of a row what is not to be shown.

    Parameters
    ----------
    row : mapping
        Of the view `results`.
    shown : {"keep", "hash", "drop"}
        All; of identifiers what is a hash; none of them.

    Returns
    -------
    dict of str to object
        The columns of the view.
    """
    if shown == "keep":
        return dict(row)
    rule = Identifiers("drop")
    kept = {name: rule.code(row[name]) for name in CODES}
    for name in IDENTIFIERS:
        kept[name] = row[name] if shown == "hash" and _is_hash(row[name]) else None
    named = row["source_name"] if shown == "hash" and _HASHED_PATH.fullmatch(row["source_name"]) else None
    return {**row, **kept, "source_name": named, "stored_path": None}


def in_words(filters: Filters, shown: Shown) -> Iterator[tuple[str, str]]:
    """Say which scans a report is of.

    Parameters
    ----------
    filters : Filters
    shown : {"keep", "hash", "drop"}
        As of `shown_row`.

    Yields
    ------
    tuple of (str, str)
        The name of a filter, and its value.
    """
    for field in fields(filters):
        value = getattr(filters, field.name)
        if value is None or field.name in _NOT_IN_WORDS:
            continue
        if isinstance(value, datetime):
            value = f"{value.astimezone():%Y-%m-%d %H:%M %Z}"
        elif field.name in _NAMES_ONE and shown != "keep":
            value = "(left out)"
        yield field.name.replace("_", " "), str(value)
    if filters.only_current:
        yield "without", "scans that were requeued and answered again"


def _is_hash(value: str | None) -> bool:
    return value is not None and _HASH.fullmatch(value) is not None
