"""The results as JSON Lines: an object a line, for programs that read as it comes."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import Table

from storage.schema import RESULTS
from storage.times import format_utc


def write_json_lines(rows: Iterable[Mapping[str, Any]], stream: BinaryIO, table: Table = RESULTS) -> int:
    """Write rows as JSON Lines.

    Parameters
    ----------
    rows : iterable of mappings
        With a value for each column of the table.
    stream : binary stream
        Gets UTF-8; times are ISO 8601 in UTC.
    table : Table
        By default the view `results`.

    Returns
    -------
    int
        How many rows were written.
    """
    columns = tuple(table.columns.keys())
    written = 0
    for row in rows:
        line = json.dumps({name: _plain(row[name]) for name in columns}, ensure_ascii=False, allow_nan=False)
        stream.write(line.encode("utf-8", "backslashreplace") + b"\n")
        written += 1
    return written


def _plain(value: Any) -> Any:
    return format_utc(value) if isinstance(value, datetime) else value
