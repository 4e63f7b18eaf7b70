"""A row of the results in short: what a person needs first, in 80 columns."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from daemon.cli.onlooking import described
from daemon.cli.output import data_console, style_of, time_text

SHORT_COLUMNS: Final = ("scan", "finished", "answer", "prob", "file", "!")
_LEAST_ANSWER: Final = 16  # the longest decision, with its shape
_LEAST_FILE: Final = 16
_ID_DIGITS: Final = 12
"""The end of a scan's id, which is drawn by chance and names the scan as well."""


def write_short(rows: Iterable[Mapping[str, Any]], width: int) -> int:
    """Print rows in short on stdout, as a table without a frame; words and names are folded.

    Parameters
    ----------
    rows : iterable of mapping
        Of the view `results`.
    width : int
        Columns of the terminal.

    Returns
    -------
    int
        How many rows were printed.
    """
    cells = [
        [value if isinstance(value, Text) else Text(value or "") for value in in_short(row).values()]
        for row in rows
    ]
    if not cells:
        return 0
    widest = {
        name: max(len(name), *(line[number].cell_len for line in cells))
        for number, name in enumerate(SHORT_COLUMNS)
    }
    room = width - sum(widest[name] for name in SHORT_COLUMNS if name not in ("answer", "file"))
    room -= len(SHORT_COLUMNS) - 1  # a blank between two
    for_file = max(_LEAST_FILE, min(widest["file"], room // 2))
    widest["answer"] = max(_LEAST_ANSWER, min(widest["answer"], room - for_file))
    widest["file"] = max(_LEAST_FILE, min(widest["file"], room - widest["answer"]))
    table = Table(header_style="bold", row_styles=("", "dim"), box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for name in SHORT_COLUMNS:
        justify = "right" if name in ("prob", "!") else "left"
        table.add_column(name, overflow="fold", width=widest[name], justify=justify)  # type: ignore[arg-type]
    for line in cells:
        table.add_row(*line)
    data_console().print(table, crop=False)
    return len(cells)


def in_short(row: Mapping[str, Any]) -> dict[str, Any]:
    """Say of a scan which it is, when it was finished, how, of which file, and the number of its warnings.

    Parameters
    ----------
    row : mapping
        Of the view `results`.

    Returns
    -------
    dict of str to object
        By `SHORT_COLUMNS`.
    """
    probability = row["probability"]
    warnings = (row["warnings"] or "").split(";") if row["warnings"] else []
    return {
        "scan": row["scan_id"][-_ID_DIGITS:],
        "finished": time_text(row["finished_at"], is_to_second=False),
        "answer": answer_of(row),
        "prob": None if probability is None else f"{probability:.2f}",
        "file": row["source_name"],
        "!": str(len(warnings)) if warnings else None,
    }


def answer_of(row: Mapping[str, Any]) -> Text:
    """Write how a scan was answered, in a shape, words and a colour.

    Parameters
    ----------
    row : mapping
        Of the view `results`.

    Returns
    -------
    Text
    """
    words = described(row["outcome"], row["error_code"], row["decision"])
    return Text(words, style_of(row["decision"] or row["outcome"]))
