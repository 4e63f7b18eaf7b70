"""What a reader finds: the documents, and the parts of them that can be checked."""

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from tests.support.shared import ROOT

DOCUMENTS = sorted(
    (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "systemd").glob("*.md"),
    )
)
LASTING = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]
"""The changelog names what was there once."""

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_OF_OTHERS = re.compile(r"^~~~\w*\n.*?^~~~$", re.DOTALL | re.MULTILINE)  # settings of other programs
_INDENTED = re.compile(r"(?<=\n\n)((?: {4}.*\n|\n(?= {4}))+)")


def name(path: Path) -> str:
    """Give a document's path below the project, as pytest shows it."""
    return str(path.relative_to(ROOT))


def text(path: Path) -> str:
    """Read a document."""
    return path.read_text(encoding="utf-8")


def own_files(folder: Path) -> Iterator[Path]:
    """Walk what belongs to the project, without what `.gitignore` names; a checkout may come without git."""
    lines = [".git", *text(ROOT / ".gitignore").split()]
    at_top = [line.strip("/") for line in lines if line.startswith("/")]
    anywhere = [line.strip("/") for line in lines if not line.startswith("/")]

    def belongs(parent: str, entry: str) -> bool:
        patterns = [*anywhere, *at_top] if Path(parent) == ROOT else anywhere
        return not any(fnmatch(entry, pattern) for pattern in patterns)

    for parent, folders, files in os.walk(folder):
        folders[:] = [one for one in folders if belongs(parent, one)]
        kept = (Path(parent, one) for one in files if belongs(parent, one))
        yield from (path for path in kept if path.is_file())


def shell_lines(document: str) -> list[str]:
    """Give the commands of the ``sh`` blocks, in the order of reading, without their comments."""
    blocks = [body for language, body in _FENCE.findall(document) if language == "sh"]
    lines = [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def python_blocks(document: str) -> list[str]:
    """Give the ``python`` blocks, in the order of reading."""
    return [body for language, body in _FENCE.findall(document) if language == "python"]


def code(document: str) -> list[str]:
    """Give all that stands as code: lines of blocks, fenced or indented, and what is between backticks."""
    blocks = [body for _, body in _FENCE.findall(document)]
    prose = _FENCE.sub("", document)
    blocks += _INDENTED.findall(prose)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return lines + inline(prose)


def inline(prose: str) -> list[str]:
    """Give what is between backticks, line breaks as blanks."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", _OF_OTHERS.sub("", prose))]


def anchors(document: str) -> set[str]:
    """Give the anchors of the headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", _FENCE.sub("", document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def section(document: str, marker: str) -> str:
    """Give what stands between two markers, such as ``<!-- settings -->`` and ``<!-- /settings -->``."""
    found = re.search(rf"<!-- {marker} -->\n(.*?)<!-- /{marker} -->", document, re.DOTALL)
    assert found is not None, marker
    return found[1]


def first_cells(table: str) -> list[str]:
    """Give the first cell of each row of a table, without its head and without backticks."""
    rows = [line for line in table.splitlines() if line.startswith("|")]
    return [row.split("|")[1].strip().strip("`") for row in rows[2:]]


def described_faults() -> dict[int, str]:
    """Give what goes wrong in each row of docs/faults.md."""
    rows = re.findall(r"^\| (\d+) \| ([^|]*) \|", text(ROOT / "docs" / "faults.md"), re.MULTILINE)
    return {int(number): fault for number, fault in rows}


def shown_faults() -> dict[int, list[str]]:
    """Give the tests of each row of docs/faults.md: ``tests/PATH.py::beginning_of_a_name``."""
    rows = re.findall(r"^\| (\d+) \|.*\|(.*)\|$", text(ROOT / "docs" / "faults.md"), re.MULTILINE)
    return {int(number): inline(places) for number, places in rows}
