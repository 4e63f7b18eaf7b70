"""Which table a file's name asks for."""

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import BinaryIO, Final

from sqlalchemy import Table

from storage.batches import Batch
from storage.errors import TableNeedsPackage, UnknownTable
from storage.results_view import RESULTS
from storage.tables.csv import BOM, write_csv
from storage.tables.json_lines import write_json_lines

Writer = Callable[[Iterable[Batch], BinaryIO, Table], int]

ENDINGS: Final = (".csv", ".jsonl", ".parquet", ".xlsx")
_NEEDS: Final = {".parquet": "pyarrow", ".xlsx": "xlsxwriter"}
_OTHERS: Final = (".xls", ".ods", ".json", ".db", ".sqlite", ".feather", ".arrow")
"""Endings of which a CSV would be a lie."""


def is_written(ending: str) -> bool:
    """Return whether what writes a kind of table is installed.

    Parameters
    ----------
    ending : str
        One of `ENDINGS`.

    Returns
    -------
    bool
    """
    package = _NEEDS.get(ending)
    return package is None or find_spec(package) is not None


def writer_of(name: str, *, bom: bool = False) -> Writer:
    """Return what writes the table that a file's name asks for.

    Parameters
    ----------
    name : str
        Its ending counts, in capitals or not; one without a known ending is CSV.
    bom : bool
        Begin a CSV with the mark of UTF-8.

    Returns
    -------
    callable
        Takes batches of rows, a stream and their table, by default the view `results`; returns how many rows
        it wrote.

    Raises
    ------
    UnknownTable
        The ending is that of another kind of file, or `bom` does not go with it.
    TableNeedsPackage
        The package that writes it is not installed.
    """
    lower = name.lower()
    if lower.endswith(_OTHERS):
        raise UnknownTable(f"only {', '.join(ENDINGS)} can be written; name a file that ends so")
    ending = next((one for one in ENDINGS if lower.endswith(one)), ".csv")
    if bom and ending != ".csv":
        raise UnknownTable(f"only CSV has a mark of UTF-8 at its beginning; leave out --bom for {ending}")
    if not is_written(ending):
        raise TableNeedsPackage(f"a {ending} file needs {_NEEDS[ending]}, which is not installed")
    if ending == ".jsonl":
        return write_json_lines
    if ending == ".parquet":
        from storage.tables.parquet import write_parquet

        return write_parquet
    if ending == ".xlsx":
        from storage.tables.spreadsheet import write_spreadsheet

        return write_spreadsheet
    return _write_csv_with_bom if bom else write_csv


def _write_csv_with_bom(batches: Iterable[Batch], stream: BinaryIO, table: Table = RESULTS) -> int:
    stream.write(BOM)
    return write_csv(batches, stream, table)
