"""`make objects`: what is made of headers from all over and of the radiographs beside the project, judged.

A row a header or file: the kinds that are made, the errors that dciodvfy finds in them, and whether they are
the same bytes when they are made again. Exits with 1 where there is an error of ours or another byte.
"""

import sys
import tempfile
import warnings
from pathlib import Path

from rich.console import Console
from rich.table import Table

from storage.vocabulary import DECISIONS
from tests.model.dicom_results.test_validity import BAD_UID, HEADERS, RADIOGRAPHS
from tests.support.dicom_results import errors_of, made_of, scan_answer, scan_bytes


def headers():
    """Give synthetic headers: name, file, frames, decision."""
    for number, (name, elements) in enumerate(HEADERS.items()):
        header = dict(elements)
        stored = header.pop("stored", None)
        frames = len(stored) if name == "frames" else 1
        decision = ("fractured", *DECISIONS)[number % (len(DECISIONS) + 1)]
        yield name, scan_bytes(stored, **header), frames, "fractured" if frames > 1 else decision


def radiographs():
    """Give the radiographs beside the project: name, file, frames, decision."""
    for path in RADIOGRAPHS:
        yield path.name, path.read_bytes(), 1, "fractured"


def judged(folder, name, data, frames, decision):
    """Make the objects of a file twice: kinds, errors of ours, errors by a UID of the file, sameness."""
    answer = scan_answer(decision, frames=frames, frame=frames)
    made = made_of(folder, data, answer)
    found = [line for one in made.values() for line in errors_of(folder, one)]
    theirs = [line for line in found if name in BAD_UID and f"<{BAD_UID[name]}>" in line]
    return list(made), len(found) - len(theirs), len(theirs), made_of(folder, data, answer) == made


def main():
    """Print the table."""
    table = Table("header or file", "made", "errors", "by a UID of the file", "again the same bytes")
    is_bad = False
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data, frames, decision in (*headers(), *radiographs()):
            kinds, ours, theirs, is_same = judged(Path(folder), name, data, frames, decision)
            table.add_row(name, " ".join(kinds), str(ours), str(theirs), "yes" if is_same else "no")
            is_bad |= bool(ours) or not is_same
    Console(width=110).print(table)
    return int(is_bad)


if __name__ == "__main__":
    sys.exit(main())
