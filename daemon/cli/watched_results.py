"""`results --watch`: rows as they are recorded, until it is interrupted."""

import json
import signal
import sys
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from daemon.cli.output import Format, as_plain, data_console, note, time_text
from daemon.cli.short_rows import answer_of, in_short
from daemon.errors import BadDataError
from daemon.shutdown import SignalSafeEvent
from storage.results_view import RESULT_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    from storage.engine import Engine
    from storage.filters import Filters

_EVERY_S: Final = 1.0
_ANSWER_CELLS: Final = 16


def watch_results(engine: "Engine", filters: "Filters", form: Format) -> None:
    """Print rows as they are recorded; SIGINT ends it well.

    Parameters
    ----------
    engine : Engine
        Read-only.
    filters : Filters
        Which rows; with `since`, also earlier ones.
    form : Format
        A line a row in each.

    Raises
    ------
    BadDataError
        The database was replaced, or restored from a backup.
    """
    from storage.recorded_since import BEGINNING, mark_now, new_rows, rows_of, still_holds

    with _until_interrupted() as stop:
        mark = mark_now(engine) if filters.since is None else BEGINNING
        if form is Format.CSV:
            _put(",".join(RESULT_COLUMNS))
        if sys.stderr.isatty():
            note("new rows are shown as they come; Ctrl-C ends it")
        while not stop.is_set():
            if not still_holds(engine, mark):
                raise BadDataError(
                    "the last row that was shown is not where it was: this is another database now, or it "
                    "was restored from a backup; begin anew"
                )
            new = new_rows(engine, mark)
            if new.spans:
                with closing(rows_of(engine, new, replace(filters, order="oldest"))) as rows:
                    for row in takewhile(lambda _: not stop.is_set(), rows):
                        _print(row, form)
            mark = new.mark
            stop.wait(_EVERY_S)


@contextmanager
def _until_interrupted() -> "Iterator[SignalSafeEvent]":
    """Yield what the first SIGINT sets; a second one interrupts.

    An interruption in the middle of a question would be one of the driver of PostgreSQL, which makes an error
    of the database of it.
    """
    stop = SignalSafeEvent()

    def asked(_: int, __: "FrameType | None") -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    former = signal.signal(signal.SIGINT, asked)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, former)


def _print(row: "Mapping[str, Any]", form: Format) -> None:
    if form is Format.JSON:
        _put(json.dumps({name: row[name] for name in RESULT_COLUMNS}, default=as_plain, ensure_ascii=False))
    elif form is Format.CSV:
        from storage.tables.csv import cell

        _put(",".join(cell(name, row[name]) for name in RESULT_COLUMNS))
    else:
        short = in_short(row)
        line = Text(f"{time_text(row['finished_at'], is_to_second=True)}  ")
        answer = answer_of(row)
        answer.pad_right(max(0, _ANSWER_CELLS - answer.cell_len))
        line.append_text(answer)
        line.append(f"  {short['prob'] or '    '}  {short['scan']}  {short['file']}")
        if short["!"]:
            line.append(f"  ({row['warnings'].replace(';', ', ')})", "dim")
        data_console().print(line, soft_wrap=True)
        sys.stdout.flush()


def _put(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
