"""Rows by column, as the writers of tables take them."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from sqlalchemy import Table

from storage.batches import Batch
from storage.results_view import RESULTS


def batches(
    rows: Iterable[Mapping[str, Any]], table: Table = RESULTS, *, rows_a_batch: int = 1_000
) -> Iterator[Batch]:
    """Turn mappings into batches, as they come."""
    names, remaining = tuple(table.columns.keys()), iter(rows)
    while some := list(islice(remaining, rows_a_batch)):
        yield [[row[name] for row in some] for name in names]


def rows_of(found: Iterable[Batch], table: Table = RESULTS) -> list[dict[str, Any]]:
    """Turn batches into mappings."""
    names = tuple(table.columns.keys())
    return [dict(zip(names, row, strict=True)) for batch in found for row in zip(*batch, strict=True)]
