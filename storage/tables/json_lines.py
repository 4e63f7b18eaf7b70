"""The results as JSON Lines: an object a line, for programs that read as it comes."""

import json
from collections.abc import Iterable
from typing import BinaryIO

from sqlalchemy import Table

from storage.batches import Batch
from storage.results_view import RESULTS
from storage.times import UtcTime, utc_text


def write_json_lines(batches: Iterable[Batch], stream: BinaryIO, table: Table = RESULTS) -> int:
    """Write rows as JSON Lines.

    Parameters
    ----------
    batches : iterable of Batch
        Of the columns of the table.
    stream : binary stream
        Gets UTF-8; times are ISO 8601 in UTC.
    table : Table
        By default the view `results`.

    Returns
    -------
    int
        How many rows were written.
    """
    names = tuple(table.columns.keys())
    times = [place for place, column in enumerate(table.columns) if isinstance(column.type, UtcTime)]
    written = 0
    for batch in batches:
        columns = list(batch)
        for place in times:
            columns[place] = [None if held is None else utc_text(held) for held in columns[place]]
        for row in zip(*columns, strict=True):
            line = json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, allow_nan=False)
            stream.write(line.encode("utf-8", "backslashreplace") + b"\n")
            written += 1
    return written
