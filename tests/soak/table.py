"""The table of `make soak`: what each item gave, a line a row of the list of faults."""

import json
from collections import defaultdict
from dataclasses import asdict, dataclass
from xml.etree import ElementTree as ET

from tests.soak.items import rows_of, title

COUNTS = ("files", "lost", "twice")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table; counts are None where nothing was counted."""

    row: int
    what: str
    files: int | None
    lost: int | None
    twice: int | None
    passed: str
    seconds: float


def of_campaign(item, code, output, seconds):
    """Make the line of a campaign: its counts are in the JSON that it printed, if it did."""
    try:
        shown = json.loads(output)
    except ValueError:
        shown = {}
    counts = (shown.get(name) for name in COUNTS)
    met = f" ({shown['kills_at_work']} with files in work)" if "kills_at_work" in shown else ""
    return Line(item.row, item.title + met, *counts, "fail" if code else "pass", round(seconds, 1))


def of_tests(reports):
    """Make the lines of the tests.

    Parameters
    ----------
    reports : iterable of Path
        JUnit's XML; one that is missing or cut gives no line, and its run has failed by its exit code.
    """
    cases = defaultdict(list)
    for report in reports:
        try:
            tree = ET.parse(report)  # noqa: S314 - pytest wrote it
        except (OSError, ET.ParseError):
            continue
        for case in tree.iter("testcase"):
            path = case.get("classname", "").replace(".", "/") + ".py"
            for row in rows_of(path, case.get("name", "").partition("[")[0]):
                cases[row].append(case)
    return [_line(row, found) for row, found in sorted(cases.items())]


def _line(row, cases):
    shown = defaultdict(int)
    for case in cases:
        for one in case.iter("property"):
            if one.get("name") in COUNTS:
                shown[one.get("name")] += int(one.get("value"))
    bad = sum(case.find(kind) is not None for case in cases for kind in ("failure", "error"))
    skipped = sum(case.find("skipped") is not None for case in cases)
    passed = "fail" if bad else "skip" if skipped == len(cases) else "pass"
    what = f"{title(row)} ({len(cases)} tests{f', {skipped} skipped' if skipped else ''})"
    counts = (shown.get(name) if shown else None for name in COUNTS)
    return Line(row, what, *counts, passed, round(sum(float(case.get("time", 0)) for case in cases), 1))


def text(lines):
    """Write the table as text."""
    heads = ("row", "what was done", "files", "lost", "twice", "pass", "seconds")
    cells = [tuple("-" if cell is None else f"{cell}" for cell in asdict(line).values()) for line in lines]
    widths = [max(len(row[column]) for row in [heads, *cells]) for column in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (1, 5) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [heads, *cells]
    )
