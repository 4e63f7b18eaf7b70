"""The public split of a data set as its authors made it, copies included, and what leaks across it."""

import csv
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.lab.dataset.examples import DatasetError, Example

PARTS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class PublicSplit:
    """Files of a public set by part: a file that stands there five times counts five times.

    Parameters
    ----------
    train, val, test : tuple of int
        Indices into the examples, one a file of the public set, in the order of the manifest.
    missing : int
        Files of the public set whose picture is not among the examples: it could not be read.
    """

    train: tuple[int, ...]
    val: tuple[int, ...]
    test: tuple[int, ...]
    missing: int


@dataclass(frozen=True, slots=True)
class Leak:
    """How many files of one part have something of theirs in another.

    Parameters
    ----------
    part, into : str
        Whose files are counted, and where is looked.
    files : int
        Of the part.
    same_bytes, same_source, same_patient : int
        Of them, how many have a byte-identical file there, a copy or rotated copy, a picture of the same
        patient. Each count includes the one before it.
    """

    part: str
    into: str
    files: int
    same_bytes: int
    same_source: int
    same_patient: int


def read_public_split(data: Path, examples: Sequence[Example]) -> PublicSplit | None:
    """Read the public split from a manifest.

    Parameters
    ----------
    data : Path
        As for `model.lab.dataset.examples.read_examples`. The split is in the columns `file`, `seed_split`
        (`train`, `val`, `test`) and `seed_path` of its manifest, a row for each file of the public set.
    examples : sequence of Example
        Those that can be read.

    Returns
    -------
    PublicSplit or None
        None if the data name no public split.

    Raises
    ------
    DatasetError
        A part is unknown, or one of the three is empty.
    """
    manifest = data / "manifest.csv" if data.is_dir() else data
    if not manifest.is_file():
        return None
    with manifest.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        if not {"file", "seed_split"} <= set(reader.fieldnames or ()):
            return None
        rows = [(row["file"], row["seed_split"]) for row in reader]
    folder = manifest.parent / "images"
    find = _finder(folder if folder.is_dir() else manifest.parent, examples)
    parts: dict[str, list[int]] = {part: [] for part in PARTS}
    missing = 0
    for file, part in rows:
        if part not in parts:
            raise DatasetError(f"the manifest's column seed_split knows {', '.join(PARTS)} only; correct it")
        known = find(file)
        if known is None:
            missing += 1
        else:
            parts[part].append(known)
    empty = [part for part in PARTS if not parts[part]]
    if empty:
        raise DatasetError(f"the manifest's column seed_split has no {empty[0]}; leave the column out")
    return PublicSplit(tuple(parts["train"]), tuple(parts["val"]), tuple(parts["test"]), missing)


def _finder(folder: Path, examples: Sequence[Example]) -> Callable[[str], int | None]:
    """Return a function that finds the example of a file, also where two have the same bytes."""
    by_path = {example.path: number for number, example in enumerate(examples)}
    by_bytes = {example.sha256: number for number, example in enumerate(examples)}

    def find(file: str) -> int | None:
        path = folder / file
        if path in by_path:
            return by_path[path]
        try:
            return by_bytes.get(hashlib.sha256(path.read_bytes()).hexdigest())
        except OSError:
            return None

    return find


def leaks(split: PublicSplit, examples: Sequence[Example]) -> tuple[Leak, ...]:
    """Count what leaks: from test and validation into training, and from test into either.

    Parameters
    ----------
    split : PublicSplit
    examples : sequence of Example

    Returns
    -------
    tuple of Leak
    """
    fit = (*split.train, *split.val)
    asked = (
        ("test", split.test, "train", split.train),
        ("val", split.val, "train", split.train),
        ("test", split.test, "train or val", fit),
    )
    return tuple(_leak(part, rows, into, others, examples) for part, rows, into, others in asked)


def _leak(
    part: str, rows: Sequence[int], into: str, others: Sequence[int], examples: Sequence[Example]
) -> Leak:
    sources = {examples[row].source for row in others}
    patients = {examples[row].patient for row in others}
    there = set(others)
    return Leak(
        part=part,
        into=into,
        files=len(rows),
        same_bytes=sum(row in there for row in rows),
        same_source=sum(examples[row].source in sources for row in rows),
        same_patient=sum(examples[row].patient in patients for row in rows),
    )


def without_copies(
    rows: Iterable[int], others: Sequence[int], examples: Sequence[Example]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Leave out files with a byte-identical copy among others, then those with a rotated copy as well.

    Parameters
    ----------
    rows, others : sequence of int
        Indices into the examples: the files asked about, and those of training and validation.
    examples : sequence of Example

    Returns
    -------
    tuple of tuple of int
        What remains after each.
    """
    there = set(others)
    sources = {examples[row].source for row in others}
    fresh = tuple(row for row in rows if row not in there)
    return fresh, tuple(row for row in fresh if examples[row].source not in sources)
