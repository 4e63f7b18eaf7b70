"""What came of the demo: a table of at most 80 columns, where all of it lies, and what to do next."""

import os
import shlex
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from daemon.cli.output import Format, data_console, note, write_rows
from daemon.demo.settings import FILE, options
from daemon.spool.folders import Spool
from daemon.spool.reasons import REASONS
from storage.engine import open_engine
from storage.export import export_results
from storage.queries import counts, results
from storage.urls import sqlite_url

COLUMNS: Final = ("file", "answer", "probability")
_WIDTH: Final = 80


def count(spool: Spool) -> int:
    """Count the scans that have an answer.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    int
    """
    engine = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    try:
        return sum(one.scans for one in counts(engine))
    finally:
        engine.dispose()


def show(spool: Spool) -> None:
    """Print the answers of a demo that is over, and write them as CSV.

    Parameters
    ----------
    spool : Spool
    """
    csv = spool.export / "results.csv"
    engine = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    try:
        rows = sorted(results(engine), key=lambda row: str(row["source_name"]))
        export_results(engine, csv)
    finally:
        engine.dispose()
    write_rows((_line(row) for row in rows), COLUMNS, Format.TABLE)
    for code in dict.fromkeys(row["error_code"] for row in rows if row["error_code"]):
        _say(f"{code}: {REASONS[code]}")
    _say("In the files named break-drawn-in a break was drawn by this program; all others are real.")
    _say(
        f"The demo leaves chests out (exclude_body_parts in {_short(spool.root / FILE)}): the released model "
        "was trained on bones of limbs, and does not abstain from each film of another kind."
    )
    _say(
        "Not a medical device: the released model is a research model with modest figures. It may sort a "
        "list of pictures; it may not replace a person who reads them."
    )
    _print(
        f"{what}: {where}"
        for what, where in (
            ("database", spool.root / "results.db"),
            ("CSV", csv),
            ("files", spool.done),
            ("failed, each with its reason", spool.failed),
            ("log", spool.root / "daemon.log"),
        )
    )
    _print(_next(spool, rows))


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    answer = row["decision"] or f"{row['outcome']}: {row['error_code']}"
    return {"file": row["source_name"], "answer": answer, "probability": row["probability"]}


def _next(spool: Spool, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say what to try next, as commands that can be copied."""
    root = Path(_short(spool.root))
    folder = shlex.quote(str(root))
    inboxray = shlex.quote(_short(Path(sys.executable).with_name("inboxray")))
    here = shlex.join([inboxray, *options(root)])
    yield "\nWhat next?"
    yield f"  Copy pictures of your own into {folder}/inbox, then have them answered:"
    yield f"    {here} once"
    yield "  Look at the answers, and at all that is known of one:"
    yield f"    {here} results"
    yield f"    {here} explain {_telling(rows)}"
    yield "  Carry them away as one page, with their pictures:"
    yield f"    {here} report --out demo.html"
    yield "  See what raised the scores, as pictures in a new folder demo-maps:"
    yield f"    {here} classify --heatmap demo-maps {folder}/done"
    yield "  Look at them in a browser, until Ctrl-C:"
    yield f"    {here} page"
    yield "  Let the daemon watch ./spool/inbox for good (chests are answered there unless the"
    yield "  setting exclude_body_parts names them, as in the demo's settings):"
    yield f"    {inboxray} run"


def _telling(rows: Sequence[Mapping[str, Any]]) -> str:
    """Choose the scan with the highest probability, and write as much of its id as names it alone."""
    highest = max(rows, key=lambda row: row["probability"] or 0.0)["scan_id"]
    others = [row["scan_id"] for row in rows if row["scan_id"] != highest]
    length = next(
        n for n in range(8, len(highest) + 1) if not any(other.startswith(highest[:n]) for other in others)
    )
    return str(highest[:length])


def _short(path: Path) -> str:
    """Write a path from here if it lies below; else whole."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _say(sentence: str) -> None:
    note(textwrap.fill(sentence, _WIDTH))


def _print(lines: Iterator[str]) -> None:
    console = data_console()
    for line in lines:
        console.print(Text(line), soft_wrap=True)
