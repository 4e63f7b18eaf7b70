"""What headers that lie cost: decisions about real radiographs, kind by kind, beside those about sound files.

``python -m tests.measure.harm XRAY 120`` takes so many pictures of a labelled folder, one a source, makes a
sound 12-bit DX and a file of each kind of each, and prints a table. Leaves with 1 if a decision changed
without a warning where a sound file of the same encoding does not change it too.
"""

import csv
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from model.classifier import Classifier, Prediction, open_classifier
from model.errors import ScanError
from model.reading.completeness import Completeness, examine
from model.reading.prepare import open_pictures, prepare
from model.release import find_release, open_release
from tests.measure.lying_headers import LYING, SOUND, Film, Kind

CONTROL = {
    "RGB label, JFIF 4:2:0": "colour JPEG",
    "RGB label, JFIF 4:4:4": "colour JPEG",
    "RGB label, native YCbCr": "8-bit DX",
    "4:2:2 label, three samples": "8-bit DX",
    "VOI LUT of 16 bits with 8": "8-bit DX",
    "padding of the other sign": "12-bit DX, black top",
    "JPEG 2000 of 16 bits, header 12": "12-bit DX, no window",
    "shutter": "12-bit DX, black margin",
    "pixels of 2:1": "half the rows, stretched",
    "8 bits, window of 12": "8-bit DX",
    "colour, point transform 2": "two lowest of 8 bits cut",
}
"""The sound file of the same encoding, where that is not the 12-bit DX."""


@dataclass(slots=True)
class Row:
    """What became of the files of one kind.

    Attributes
    ----------
    changes : Counter of str
        Decisions that are not those about the 12-bit DX, such as ``fractured -> uncertain``.
    unwarned : int
        Of these, files without a warning.
    own : int
        Of these, files whose control changed in the same way.
    refused : Counter of str
        Error codes.
    largest : float
        Largest change of a score.
    warned : Counter of str
    """

    changes: Counter[str] = field(default_factory=Counter)
    unwarned: int = 0
    own: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    largest: float = 0.0
    warned: Counter[str] = field(default_factory=Counter)


def films(folder: Path, count: int) -> list[Film]:
    """Give so many pictures, each of another source, evenly from the whole folder: 12 bits, as shown."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        first = {row["source_group"]: row["file"] for row in reversed(list(csv.DictReader(file)))}
    paths = [folder / "images" / first[source] for source in sorted(first, key=int)]
    whole = [path for path in paths if examine_whole(path)]
    chosen = [whole[round(place)] for place in np.linspace(0, len(whole) - 1, count)]
    return [next(iter(open_pictures(path.read_bytes()))) >> 4 for path in chosen]


def examine_whole(path: Path) -> bool:
    """Return whether a file has all of its bytes: some of the collection were cut."""
    with path.open("rb") as file:
        return examine(file, path.stat().st_size) is Completeness.COMPLETE


def answer(classifier: Classifier, data: bytes) -> tuple[Prediction | str, tuple[str, ...]]:
    """Give the prediction for the first frame of a file, or its error code; and the warnings."""
    try:
        prepared = prepare(data)
    except ScanError as error:
        return error.code, ()
    (prediction,) = classifier.classify(prepared.inputs[:1])
    return prediction or "bad_network_output", prepared.warnings


def judge(
    row: Row, sound: Prediction, control: Prediction, found: Prediction | str, warned: tuple[str, ...]
) -> None:
    """Add one file to the row of its kind."""
    row.warned.update(warned)
    if isinstance(found, str):
        row.refused[found] += 1
        return
    row.largest = max(row.largest, abs(found.score - sound.score))
    if found.decision is sound.decision:
        return
    row.changes[f"{sound.decision.value} -> {found.decision.value}"] += 1
    if found.decision is control.decision:
        row.own += 1
    elif not warned:
        row.unwarned += 1


def measure(classifier: Classifier, pictures: list[Film]) -> dict[str, Row]:
    """Make every file of every film, and compare."""
    kinds: dict[str, Kind] = SOUND | LYING
    rows = {name: Row() for name in kinds}
    for number, film in enumerate(pictures, 1):
        controls = {name: answer(classifier, make(film))[0] for name, make in SOUND.items()}
        sound = controls["12-bit DX"]
        assert isinstance(sound, Prediction)
        for name, make in kinds.items():
            control = controls[CONTROL.get(name, "12-bit DX")]
            assert isinstance(control, Prediction)
            judge(rows[name], sound, control, *answer(classifier, make(film)))
        sys.stderr.write(f"\r{number} of {len(pictures)}")
    sys.stderr.write("\n")
    return rows


def report(rows: dict[str, Row], count: int) -> str:
    """Write the table."""
    lines = [
        f"Of {count} radiographs, decisions that are not those about the sound 12-bit DX:",
        "",
        "| file | changed | as its encoding does | unwarned | largest change of a score | which | warnings |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        which = ", ".join(f"{change} {times}" for change, times in row.changes.most_common())
        which += "".join(f", {code} {times}" for code, times in row.refused.items())
        warned = ", ".join(f"{code} {times}" for code, times in row.warned.most_common())
        numbers = f"{row.changes.total()} | {row.own} | {row.unwarned} | {row.largest:.4f}"
        lines.append(f"| {name} | {numbers} | {which} | {warned} |")
    return "\n".join(lines)


def main(folder: Path, count: int) -> int:
    """Print the table; return the exit code."""
    classifier = open_classifier(open_release(find_release(None)))
    rows = measure(classifier, films(folder, count))
    sys.stdout.write(report(rows, count) + "\n")
    bad = [name for name in LYING if rows[name].unwarned or rows[name].refused]
    if bad:
        sys.stderr.write(f"changed without a warning, or refused: {', '.join(bad)}\n")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
