"""The results as CSV that any tool, a spreadsheet included, reads without harm."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import Table

from storage.schema import RESULTS
from storage.times import format_utc

# A spreadsheet takes a cell that begins so for a formula: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
NEEDS_QUOTES = frozenset(',"\r\n')


BOM = b"\xef\xbb\xbf"
"""Begins a file whose reader takes UTF-8 for an old code page, as spreadsheets do without it."""


def write_csv(rows: Iterable[Mapping[str, Any]], stream: BinaryIO, table: Table = RESULTS) -> int:
    r"""Write rows as CSV.

    Parameters
    ----------
    rows : iterable of mappings
        With a value for each column of the table.
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
    columns = tuple(table.columns.keys())
    stream.write(",".join(columns).encode() + b"\n")
    written = 0
    for row in rows:
        line = ",".join(cell(name, row[name]) for name in columns)
        stream.write(line.encode("utf-8", "backslashreplace") + b"\n")
        written += 1
    return written


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
    if value is None:
        return ""
    if isinstance(value, datetime):
        return format_utc(value)
    if isinstance(value, float) and name == "probability":
        return f"{value:.6f}"
    if not isinstance(value, str):
        return str(value)
    text = "'" + value if value.startswith(FORMULA_STARTS) else value
    if NEEDS_QUOTES.isdisjoint(text):
        return text
    return '"' + text.replace('"', '""') + '"'
