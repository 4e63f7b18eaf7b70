"""The results as JSON Lines: an object a line, for programs that read as it comes."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from storage.schema import RESULT_COLUMNS
from storage.times import format_utc


def write_json_lines(rows: Iterable[Mapping[str, Any]], stream: BinaryIO) -> int:
    """Write rows of the view `results` as JSON Lines.

    Parameters
    ----------
    rows : iterable of mappings
        With the keys of `RESULT_COLUMNS`.
    stream : binary stream
        Gets UTF-8; times are ISO 8601 in UTC.

    Returns
    -------
    int
        How many rows were written.
    """
    written = 0
    for row in rows:
        line = json.dumps(
            {name: _plain(row[name]) for name in RESULT_COLUMNS}, ensure_ascii=False, allow_nan=False
        )
        stream.write(line.encode("utf-8", "backslashreplace") + b"\n")
        written += 1
    return written


def _plain(value: Any) -> Any:
    return format_utc(value) if isinstance(value, datetime) else value
