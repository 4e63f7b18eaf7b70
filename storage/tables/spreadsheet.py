"""The results as a sheet of Excel's format, in which each id stays whole.

Needs the extra `tables` (XlsxWriter).
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from io import SEEK_SET, IOBase
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Final
from xml.sax.saxutils import escape

import xlsxwriter
from sqlalchemy import Table
from xlsxwriter.exceptions import XlsxWriterException

from storage.batches import Batch
from storage.errors import CannotWriteExport
from storage.results_view import RESULTS
from storage.times import UtcTime, utc_moment

MOST_ROWS: Final = 1_048_575
"""Of a sheet, without its header. ECMA-376 states no limit; Excel and LibreOffice do."""

_LONGEST_TEXT: Final = 32_767  # characters of a cell
_RUN: Final = "<r>"  # of a text with formats: ECMA-376 18.4.4
_END_OF_RUN: Final = "</r>"
_TIME: Final = 'yyyy-mm-dd hh:mm:ss.000 "UTC"'
_WIDTH: Final = 18


def write_spreadsheet(batches: Iterable[Batch], stream: BinaryIO, table: Table = RESULTS) -> int:
    """Write rows as a sheet, with little memory.

    Texts are cells of text, so that no id becomes a number and no text a formula; times are times, in UTC.

    Parameters
    ----------
    batches : iterable of Batch
        Of the columns of the table.
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
        There are more rows than a sheet can hold, or they are too much for it.
    OSError
        The disk refused.
    """
    sink = _Sink(stream)
    with TemporaryDirectory() as folder:
        options = {"constant_memory": True, "nan_inf_to_errors": True, "tmpdir": folder}
        book = xlsxwriter.Workbook(sink, options)
        sheet = book.add_worksheet(table.name)
        try:
            written = _write_rows(book, sheet, batches, table)
            book.close()  # puts the book together, so not after an error in the rows
        except XlsxWriterException as error:
            raise _as_of_disk(error) from error
        finally:
            sink.cut()
            with suppress(OSError):  # what a full disk did not take is of no use
                sheet.row_data_fh.close()
    return written


class _Sink(IOBase):
    """Where a book goes until it is cut: an archive that failed writes its end yet when it is forgotten."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream: BinaryIO | None = stream
        self._position = 0  # once it is cut

    def cut(self) -> None:
        self._stream = None

    def write(self, data: bytes) -> int:
        if self._stream is not None:
            return self._stream.write(data)
        self._position += len(data)
        return len(data)

    def seek(self, position: int, whence: int = SEEK_SET, /) -> int:
        if self._stream is not None:
            return self._stream.seek(position, whence)
        self._position = position if whence == SEEK_SET else self._position + position
        return self._position

    def flush(self) -> None:
        if self._stream is not None:
            self._stream.flush()


def _as_of_disk(error: XlsxWriterException) -> Exception:
    """Return the error of writing that XlsxWriter made its own, or else what to do."""
    if isinstance(error.__context__, OSError):
        return error.__context__
    return CannotWriteExport(
        "the sheet is too large to be put together; choose some by --since and --until, or name a "
        ".parquet or .csv file; nothing was replaced"
    )


def _write_rows(book: Any, sheet: Any, batches: Iterable[Batch], table: Table) -> int:
    columns, written = tuple(table.columns.keys()), 0
    time_format, head_format = book.add_format({"num_format": _TIME}), book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(columns) - 1, _WIDTH)
    for number, name in enumerate(columns):
        sheet.write_string(0, number, name, head_format)
    for row in _rows(batches, table):
        written += 1
        if written > MOST_ROWS:
            raise CannotWriteExport(
                f"a sheet holds {MOST_ROWS:,} rows and there are more: choose some by --since and "
                "--until, or name a .parquet or .csv file; nothing was replaced"
            )
        for number, value in enumerate(row):
            _write(sheet, written, number, value, time_format)
    return written


def _rows(batches: Iterable[Batch], table: Table) -> Iterator[tuple[Any, ...]]:
    times = [place for place, column in enumerate(table.columns) if isinstance(column.type, UtcTime)]
    for batch in batches:
        columns = list(batch)
        for place in times:
            columns[place] = [None if held is None else utc_moment(held) for held in columns[place]]
        yield from zip(*columns, strict=True)


def _write(sheet: Any, row: int, column: int, value: Any, time_format: Any) -> None:
    if value is None:
        return
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, value.replace(tzinfo=None), time_format)
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, _plain(str(value)[:_LONGEST_TEXT]))


def _plain(text: str) -> str:
    """Keep a text from being taken for one with formats, which XlsxWriter writes as it is, markup and all.

    It knows such a text by its ends alone. Ours becomes one run of such a text, escaped: the cell holds all
    of it. One that is too long for that loses its last character, and so its end.
    """
    if not (text.startswith(_RUN) and text.endswith(_END_OF_RUN)):
        return text
    run = f"{_RUN}<t>{escape(text)}</t>{_END_OF_RUN}"
    return run if len(run) <= _LONGEST_TEXT // 2 else text[:-1]
