"""What `make soak` runs: each fault's tests at their full size, and campaigns beside them."""

import ast
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import shorten

from tests.docs.documents import described_faults, shown_faults
from tests.support.shared import ROOT, SHARED

TITLES = {
    1: "the event queue overflows, 20,000 files",
    2: "the watcher says nothing, 500 files",
    3: "the emitter dies, 100 files later",
    4: "the inbox is made anew 20 times",
    5: "renamed, linked, copied, moved in a folder: 100 each",
    6: "200 slow writers, 20 that fill later, 20 that write on",
    7: "50 touches on each of 500 files",
    8: "one name 200 times",
    9: "100 copies, 100 changed objects",
    10: "a share goes away and comes back empty",
    11: "no inotify instance is left",
    12: "FIFO, socket, device, folder called x.dcm",
    13: "links, and swaps for a link",
    14: "names of every kind",
    15: "folders that no rename reaches",
    16: "garbage",
    17: "mutations of eleven files",
    18: "panics of native code",
    19: "crashes of native code",
    20: "decoders that hang",
    21: "deflate bombs",
    22: "sizes beyond reason",
    23: "files cut at 50 places",
    24: "sequences nested 5,000 deep",
    25: "PNG bombs",
    26: "executables in the preamble",
    27: "a DICOMDIR that points outside",
    28: "a codec that is missing",
    29: "odd windows and slopes",
    30: "a bad neighbour in the batch",
    31: "kill -9 at random moments, both engines",
    32: "kill -9 three times at each of 19 steps, both engines",
    33: "power loss: SQLite's writes and syncs replayed",
    34: "fsync says EIO",
    35: "the disk is full",
    36: "the disk is read-only",
    37: "PostgreSQL dies 20 times over 2,000 files",
    38: "the answer to COMMIT is lost 20 times",
    39: "SQLite is locked for 15 s, three times",
    40: "a migration fails half way, or four run at once",
    41: "two daemons on one spool, 20 times",
    42: "SIGTERM at 20 random moments, and twice",
    43: "the clock jumps",
    44: "descriptors and children",
    45: "a model file was changed",
    46: "NaN or a wrong shape out of the network",
    47: "spreadsheet formulas in tags",
    48: "an export is killed",
    49: "patient data in logs",
    50: "permissions",
    51: "alive but stuck",
    52: "values that a database refuses",
    53: "a file that kills the daemon",
    54: "children that are killed or outlive their daemon",
    55: "moves that fail after the row",
    56: "the database is lost",
}
"""What is done at full size, for the table; a later row has the words of the list of faults."""
SHOWN = shown_faults()
_NUMBERS = re.compile(r"test_((?:\d\d_)+)")


def title(row):
    """Say what was done, in few words."""
    return TITLES.get(row) or shorten(described_faults()[row], 60, placeholder=" ...")


@dataclass(frozen=True, slots=True)
class Item:
    """Something to run, in a process of its own.

    Parameters
    ----------
    name : str
        Also of its files in the folder of the soak.
    command : list of str
    row : int or None
        Of the list of faults; None: a pytest whose tests belong to rows by `rows_of`.
    title : str
        What was done, for the table.
    """

    name: str
    command: list[str]
    row: int | None = None
    title: str = ""


def campaigns(folder, files=2000, kills=200, mutations=20_000, many=10_000):
    """Give the long ones, the longest first."""
    python = [sys.executable, "-m"]
    real = SHARED / "xray" / "images"
    data = ["--data", str(real)] if real.is_dir() else []
    options = ["--files", f"{files}", "--kills", f"{kills}", "--seed", "31", "--json", *data]
    what = f"{kills} kills over {files:,} {'real' if data else 'made'} files"
    return [
        Item(
            *("mutations", [*python, "tests.fuzz.daemon_soak", f"{mutations}", f"{folder}/mutations"]),
            *(17, f"{mutations:,} mutations through one daemon"),
        ),
        Item("sqlite", [*python, "daemon", "soak", *options], 31, f"{what}, SQLite"),
        Item("postgresql", [*python, "tests.soak.on_server", *options], 31, f"{what}, PostgreSQL"),
        Item(
            *("many", [*python, "tests.soak.leaks", f"{many}", f"{folder}/many"]),
            *(44, f"{many:,} files in one go: descriptors and memory"),
        ),
        Item(
            *("bombs", [*python, "tests.fuzz.bombs_beside", "50", f"{folder}/bombs"]),
            *(21, "50 bombs of each kind beside X-rays"),
        ),
    ]


def pytests(folder):
    """Give one run of pytest for each file of faults, and one for all that is shown elsewhere."""
    base = [sys.executable, "-m", "pytest", "-q", "--full", "-p", "no:cacheprovider"]
    base += ["-o", "junit_family=xunit1"]  # the other knows no properties of a test
    files = sorted(path.name for path in Path(ROOT, "tests", "faults").glob("test_*.py"))
    runs = {name.removesuffix(".py"): [f"tests/faults/{name}"] for name in files}
    elsewhere = sorted(
        {test for places in SHOWN.values() for test in _tests(places) if "/faults/" not in test}
    )
    runs["elsewhere"] = elsewhere
    return [Item(name, [*base, f"--junit-xml={folder}/{name}.xml", *tests]) for name, tests in runs.items()]


def rows_of(path, name):
    """Give the rows that a test belongs to.

    Parameters
    ----------
    path : str
        ``tests/faults/test_12_special_files.py``.
    name : str
        ``test_...``, without parameters.
    """
    shown = {row for row, places in SHOWN.items() if f"{path}::{name}" in set(_tests(places))}
    for text in (name, path.rpartition("/")[2]):
        if not shown and (found := _NUMBERS.match(text)):
            shown = {int(number) for number in found[1].strip("_").split("_")}
    return shown


def _tests(places):
    """Give the tests that the places of a row name: ``tests/...py::test_...``."""
    for place in places:
        path, _, beginning = place.partition("::")
        yield from (f"{path}::{name}" for name in _names(path) if name.startswith(beginning))


@cache
def _names(path):
    body = ast.parse(Path(ROOT, path).read_text()).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
