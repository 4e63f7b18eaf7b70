"""The results as a sheet of Excel's format, in which each id stays whole.

Needs the extra `tables` (XlsxWriter).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final
from xml.sax.saxutils import escape

import xlsxwriter
from sqlalchemy import Table

from storage.errors import CannotWriteExport
from storage.schema import RESULTS

MOST_ROWS: Final = 1_048_575
"""Of a sheet, without its header. ECMA-376 states no limit; Excel and LibreOffice do."""

_LONGEST_TEXT: Final = 32_767  # characters of a cell
_RUN: Final = "<r>"  # of a text with formats: ECMA-376 18.4.4
_END_OF_RUN: Final = "</r>"
_TIME: Final = 'yyyy-mm-dd hh:mm:ss.000 "UTC"'
_WIDTH: Final = 18


def write_spreadsheet(rows: Iterable[Mapping[str, Any]], stream: BinaryIO, table: Table = RESULTS) -> int:
    """Write rows as a sheet, with little memory.

    Texts are cells of text, so that no id becomes a number and no text a formula; times are times, in UTC.

    Parameters
    ----------
    rows : iterable of mappings
        With a value for each column of the table.
    stream : binary stream
    table : Table
        By default the view `results`. Its name is that of the sheet.

    Returns
    -------
    int
        How many rows were written.

    Raises
    ------
    CannotWriteExport
        There are more rows than a sheet can hold.
    """
    columns = tuple(table.columns.keys())
    written = 0
    with xlsxwriter.Workbook(stream, {"constant_memory": True, "nan_inf_to_errors": True}) as book:
        sheet = book.add_worksheet(table.name)
        time_format, head_format = book.add_format({"num_format": _TIME}), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns) - 1, _WIDTH)
        for number, name in enumerate(columns):
            sheet.write_string(0, number, name, head_format)
        for row in rows:
            written += 1
            if written > MOST_ROWS:
                raise CannotWriteExport(
                    f"a sheet holds {MOST_ROWS:,} rows and there are more: choose some by --since and "
                    "--until, or name a .parquet or .csv file; nothing was replaced"
                )
            for number, name in enumerate(columns):
                _write(sheet, written, number, row[name], time_format)
    return written


def _write(sheet: Any, row: int, column: int, value: Any, time_format: Any) -> None:
    if value is None:
        return
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None), time_format)
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, _plain(str(value)[:_LONGEST_TEXT]))


def _plain(text: str) -> str:
    """Keep a text from being taken for one with formats, which XlsxWriter writes as it is, markup and all.

    It knows such a text by its ends alone. Ours becomes one run of such a text, escaped: the cell holds exactly
    what it held. One that is too long for that loses its last character, and so its end.
    """
    if not (text.startswith(_RUN) and text.endswith(_END_OF_RUN)):
        return text
    run = f"{_RUN}<t>{escape(text)}</t>{_END_OF_RUN}"
    return run if len(run) <= _LONGEST_TEXT // 2 else text[:-1]
