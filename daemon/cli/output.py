"""How rows look on stdout: a table for people, CSV and JSON for programs; notes and progress on stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from daemon.cli.called import with_commands_as_called
from storage.vocabulary import ABSTAINED, FAILED, FRACTURED, NOT_FRACTURED, REJECTED, UNCERTAIN

_WHOLE: Final = (
    "scan_id",
    "scan",
    "example",
    "finished_at",
    "finished",
)  # never folded: they are copied from a table
_LEAST: Final = 16
_SECONDS: Final = "%Y-%m-%d %H:%M:%S %Z"
_MINUTES: Final = "%Y-%m-%d %H:%M %Z"
_ANY_WIDTH: Final = 10_000
_PIPE_WIDTH: Final = 200  # columns of a table that no terminal limits

_STYLES: Final = {
    FRACTURED: "bold red",
    UNCERTAIN: "yellow",
    ABSTAINED: "magenta",
    NOT_FRACTURED: "green",
    FAILED: "red",
    REJECTED: "cyan",
}


class Format(StrEnum):
    """How to print rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def style_of(word: str) -> str:
    """Return the style of a decision or an outcome, in the words of rich.

    Parameters
    ----------
    word : str

    Returns
    -------
    str
        Empty for any other word.
    """
    return _STYLES.get(word, "")


class _DataConsole(Console):
    """A console on stdout that lets a closed pipe be seen: the command then ends well."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def data_console() -> Console:
    """Return a console for data on stdout, as wide as the terminal, or wide enough for a table in a pipe.

    Returns
    -------
    Console
    """
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return _DataConsole(markup=False, highlight=False, emoji=False, width=width)


def terminal_width() -> int | None:
    """Return how many columns the terminal on stdout has.

    Returns
    -------
    int or None
        None if it is none.
    """
    return data_console().width if sys.stdout.isatty() else None


def time_text(moment: datetime, *, is_to_second: bool = True) -> str:
    """Write a time: on a terminal local, for people look at it there and then; elsewhere UTC.

    Parameters
    ----------
    moment : datetime
        Aware.
    is_to_second : bool
        Else to the minute.

    Returns
    -------
    str
        With its zone: without it a time is a riddle.
    """
    shown = moment.astimezone() if sys.stdout.isatty() else moment.astimezone(UTC)
    return shown.strftime(_SECONDS if is_to_second else _MINUTES)


def note(message: str) -> None:
    """Say something about the data, on stderr; commands in it as this program is called here.

    Parameters
    ----------
    message : str
    """
    typer.echo(with_commands_as_called(message), err=True)


def write_rows(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    form: Format,
    *,
    table_columns: Sequence[str] | None = None,
) -> int:
    """Print rows on stdout.

    Parameters
    ----------
    rows : iterable of Mapping
        Values by column.
    columns : sequence of str
        What CSV and JSON show, in this order.
    form : Format
        CSV and JSON are written as rows come; a table when the last has come.
    table_columns : sequence of str, optional
        What a table shows; all columns if not given.

    Returns
    -------
    int
        How many rows were printed.
    """
    if form is Format.CSV:
        return _write_csv(rows, columns)
    if form is Format.JSON:
        return _write_json(rows, columns)
    return _write_table(rows, table_columns or columns)


def write_pairs(pairs: Iterable[tuple[str, Any]], title: str | None = None) -> None:
    """Print names and values, one pair a line, as a table on stdout.

    Parameters
    ----------
    pairs : iterable of tuple of (str, object)
    title : str, optional
    """
    table = Table(title=title, title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(Text(name), _cell(value))
    data_console().print(table)


def write_json(value: Any) -> None:
    """Print one value as JSON on stdout.

    Parameters
    ----------
    value : object
    """
    typer.echo(json.dumps(value, indent=2, default=as_plain, ensure_ascii=False))


def _write_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> int:
    from storage.tables.csv import cell

    sys.stdout.write(",".join(columns) + "\n")
    count = 0
    for row in rows:
        sys.stdout.write(",".join(cell(column, row[column]) for column in columns) + "\n")
        count += 1
    return count


def _write_json(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> int:
    """Write one array, an object a line, so that it can be read as a whole or as it comes."""
    count = 0
    sys.stdout.write("[")
    for row in rows:
        sys.stdout.write(",\n" if count else "\n")
        picked = {column: row[column] for column in columns}
        sys.stdout.write(json.dumps(picked, default=as_plain, ensure_ascii=False))
        count += 1
    sys.stdout.write("\n]\n" if count else "]\n")
    return count


def _write_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> int:
    """Print a table, if there is any row; where the terminal is too narrow, unframed, or a value a line."""
    cells = [[_cell(row[column]) for column in columns] for row in rows]
    if not cells:
        return 0
    console = data_console()
    table = Table(header_style="bold", row_styles=("", "dim") if sys.stdout.isatty() else None)
    for number, column in enumerate(columns):
        widest = max(len(column), *(line[number].cell_len for line in cells))
        table.add_column(
            column,
            overflow="fold",
            justify="right" if column == "probability" else "left",
            min_width=widest if column in _WHOLE else min(widest, _LEAST),
        )
    for line in cells:
        table.add_row(*line)
    least = Measurement.get(console, console.options.update(max_width=_ANY_WIDTH), table).minimum
    if least > console.width:
        table.box = None
        least = Measurement.get(console, console.options.update(max_width=_ANY_WIDTH), table).minimum
    if least > console.width and sys.stdout.isatty():
        _write_records(console, columns, cells)
    else:
        console.print(table, width=max(least, console.width), crop=False, soft_wrap=False)
    return len(cells)


def _write_records(console: Console, columns: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
    """Print a value a line and a blank line behind each row, without what is empty."""
    for row in rows:
        record = Table(show_header=False, box=None, pad_edge=False)
        record.add_column(no_wrap=True, style="bold", min_width=max(map(len, columns)))
        record.add_column(overflow="fold")
        for column, value in zip(columns, row, strict=True):
            if value:
                record.add_row(Text(column), value)
        console.print(record)
        console.print()


def _cell(value: Any) -> Text:
    if value is None:
        return Text("")
    if isinstance(value, datetime):
        return Text(value.astimezone().strftime(_SECONDS))  # without its zone it is a riddle
    if isinstance(value, float):
        return Text(f"{value:.4f}")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    return Text(str(value), style=style_of(str(value)))


def as_plain(value: Any) -> str:
    """Write a time as SQLite holds it; anything else as its text: what JSON does not know.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    from storage.times import format_utc

    return format_utc(value) if isinstance(value, datetime) else str(value)
