"""The results as Parquet: each column with its type, for pandas, DuckDB and whatever else reads columns.

Needs the extra `tables` (pyarrow).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from operator import itemgetter
from typing import Any, BinaryIO, Final

import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import BigInteger, Float, Integer, Table

from storage.schema import RESULTS
from storage.times import UtcTime

_ROWS_A_BATCH: Final = 2_000  # as objects of Python; once packed, they take a tenth of that
_BATCHES_A_GROUP: Final = 10
_ALL_DIFFER: Final = frozenset(
    {
        *("scan_id", "received_at", "finished_at", "source_name", "probability", "accession_number"),
        *("study_instance_uid", "series_instance_uid", "sop_instance_uid", "sha256", "stored_path"),
    }
)
"""Columns of which no dictionary of their values would be any shorter."""


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
    alike = [name for name in schema.names if name not in _ALL_DIFFER]
    with parquet.ParquetWriter(stream, schema, compression="zstd", use_dictionary=alike) as writer:
        for held in _groups(_batches(rows, schema)):
            writer.write_table(pa.Table.from_batches(held))
            written += sum(batch.num_rows for batch in held)
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


def _batches(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    remaining = map(itemgetter(*schema.names), rows)
    while some := list(islice(remaining, _ROWS_A_BATCH)):
        columns = [
            pa.array(column, kind) for column, kind in zip(zip(*some, strict=True), schema.types, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    while held := list(islice(batches, _BATCHES_A_GROUP)):
        yield held
