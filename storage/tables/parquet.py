"""The results as Parquet: each column with its type, for pandas, DuckDB and whatever else reads columns.

Needs the extra `tables` (pyarrow).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO, Final

import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import BigInteger, Float, Integer, Table

from storage.batches import Batch
from storage.results_view import RESULTS
from storage.times import UtcTime

_BATCHES_A_GROUP: Final = 10  # packed, they take a tenth of what they take as objects of Python
_ALL_DIFFER: Final = frozenset(
    {
        *("scan_id", "received_at", "finished_at", "source_name", "probability", "accession_number"),
        *("study_instance_uid", "series_instance_uid", "sop_instance_uid", "sha256", "stored_path"),
    }
)
"""Columns of which no dictionary of their values would be any shorter."""


def write_parquet(batches: Iterable[Batch], stream: BinaryIO, table: Table = RESULTS) -> int:
    """Write rows as Parquet, some thousands at a time.

    Parameters
    ----------
    batches : iterable of Batch
        Of the columns of the table.
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
        for held in _groups(_packed(batches, schema)):
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


def _packed(batches: Iterable[Batch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        columns = [_array(values, kind) for values, kind in zip(batch, schema.types, strict=True)]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    is_of_text = pa.types.is_timestamp(kind) and isinstance(values[0], str)  # SQLite's: no time is null
    return pa.array(values, pa.string()).cast(kind) if is_of_text else pa.array(values, kind)


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    while held := list(islice(batches, _BATCHES_A_GROUP)):
        yield held
