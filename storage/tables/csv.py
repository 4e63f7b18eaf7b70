"""The results as CSV that any tool, a spreadsheet included, reads without harm."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Final

from sqlalchemy import Column, Table, Text

from storage.batches import Batch
from storage.results_view import RESULTS
from storage.times import UtcTime, format_utc, utc_text

# A spreadsheet takes a cell that begins so for a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NEEDS_QUOTES = frozenset(',"\r\n')
_PROBABILITY: Final = "probability"
_REPEATED: Final = 4  # so often or more, each value stands in a column

BOM = b"\xef\xbb\xbf"
"""Begins a file whose reader takes UTF-8 for an old code page, as spreadsheets do without it."""


def write_csv(batches: Iterable[Batch], stream: BinaryIO, table: Table = RESULTS) -> int:
    r"""Write rows as CSV.

    Parameters
    ----------
    batches : iterable of Batch
        Of the columns of the table.
    stream : binary stream
        Gets UTF-8; lines end with `\n`; the header is always written.
    table : Table
        By default the view `results`.

    Returns
    -------
    int
        How many rows were written.

    References
    ----------
    RFC 4180, but for the ends of lines.
    """
    stream.write(",".join(table.columns.keys()).encode() + b"\n")
    written = 0
    for batch in batches:
        cells = [_cells(column, values) for column, values in zip(table.columns, batch, strict=True)]
        lines = list(map(",".join, zip(*cells, strict=True)))
        stream.write("\n".join([*lines, ""]).encode("utf-8", "backslashreplace"))
        written += len(lines)
    return written


def _cells(column: Column[Any], values: Sequence[Any]) -> Sequence[str]:
    """Write the values of a column; what repeats is written once, and what needs no care is not touched."""
    name = column.name
    if isinstance(column.type, UtcTime):
        return ["" if value is None else utc_text(value) for value in values]
    distinct = set(values)
    if _REPEATED * len(distinct) <= len(values) and 0.0 not in distinct:  # which -0.0 equals
        known = {value: cell(name, value) for value in distinct}
        return [known[value] for value in values]
    if isinstance(column.type, Text):
        texts = ["" if value is None else value for value in values]
        if _needs_no_care(texts):
            return texts
    if name == _PROBABILITY:
        return ["" if value is None else f"{value:.6f}" for value in values]
    return [cell(name, value) for value in values]


def _needs_no_care(texts: Sequence[str]) -> bool:
    joined = "".join(texts)
    if any(sign in joined for sign in NEEDS_QUOTES):
        return False
    return {text[:1] for text in texts}.isdisjoint(FORMULA_STARTS)


def line(columns: Sequence[str], values: Sequence[object]) -> str:
    """Write one row, without the end of its line.

    Parameters
    ----------
    columns : sequence of str
        Their names.
    values : sequence of object

    Returns
    -------
    str
    """
    return ",".join(cell(name, value) for name, value in zip(columns, values, strict=True))


def cell(name: str, value: object) -> str:
    """Write one value as a cell: null is empty, times are UTC, a text is never a formula.

    Parameters
    ----------
    name : str
    value : object

    Returns
    -------
    str
    """
    if not isinstance(value, str):
        return _text(name, value)
    text = "'" + value if value.startswith(FORMULA_STARTS) else value
    if NEEDS_QUOTES.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return format_utc(value)
    if isinstance(value, float) and name == _PROBABILITY:
        return f"{value:.6f}"
    return str(value)
