"""The results as Parquet: each column with its type, for pandas, DuckDB and whatever else reads columns.

Needs the extra `tables` (pyarrow).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final

import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import BigInteger, Float, Integer, Table

from storage.schema import RESULTS
from storage.times import UtcTime

_ROWS_A_GROUP: Final = 20_000


def write_parquet(rows: Iterable[Mapping[str, Any]], stream: BinaryIO, table: Table = RESULTS) -> int:
    """Write rows as Parquet, some thousands at a time.

    Parameters
    ----------
    rows : iterable of mappings
        With a value for each column of the table.
    stream : binary stream
    table : Table
        By default the view `results`.

    Returns
    -------
    int
        How many rows were written.
    """
    schema = arrow_schema(table)
    written = 0
    with parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        for group in _groups(rows):
            columns = {name: [row[name] for row in group] for name in schema.names}
            writer.write_table(pa.table(columns, schema=schema))
            written += len(group)
    return written


def arrow_schema(table: Table = RESULTS) -> pa.Schema:
    """Return the columns of a table with their types.

    Parameters
    ----------
    table : Table
        By default the view `results`.

    Returns
    -------
    pyarrow.Schema
        Ids and codes are text, times are microseconds in UTC.
    """
    return pa.schema([(column.name, _type(column.type)) for column in table.columns])


def _type(of_column: Any) -> pa.DataType:
    if isinstance(of_column, UtcTime):
        return pa.timestamp("us", tz="UTC")
    if isinstance(of_column, Float):
        return pa.float64()
    if isinstance(of_column, (Integer, BigInteger)):
        return pa.int64()
    return pa.string()


def _groups(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    group: list[Mapping[str, Any]] = []
    for row in rows:
        group.append(row)
        if len(group) == _ROWS_A_GROUP:
            yield group
            group = []
    if group:
        yield group
