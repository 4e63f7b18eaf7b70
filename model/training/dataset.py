"""Labelled pictures: what they are, where they come from, and what they may weigh.

A copy is not a second opinion: pictures are counted by source, one vote each, however many copies there are,
and kept together by patient. Style and label are tangled in collections from the web, so weights can be
asked for that balance the labels within each provenance.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError, ScanError
from model.prepare import PIPELINE_VERSION, prepare

CLASSES = ("not_fractured", "fractured")
_REQUIRED = ("file", "label")
_MAX_CELL_WEIGHT = 4.0


class DatasetError(ModelError):
    """The labelled pictures cannot be used."""

    code = "bad_dataset"


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled picture.

    Parameters
    ----------
    path : Path
    sha256 : str
        Of the file's bytes.
    label : int
        Index into `CLASSES`: 1 is `fractured`.
    source : str
        The same for copies of one picture, rotated copies too.
    patient : str
        The same for pictures of one patient; the unit of splitting.
    provenance : str
        Where the picture comes from; `unknown` if that is not told.
    """

    path: Path
    sha256: str
    label: int
    source: str
    patient: str
    provenance: str


def read_examples(data: Path) -> tuple[Example, ...]:
    """Read what is labelled in a folder.

    Parameters
    ----------
    data : Path
        A folder with a `manifest.csv` (columns file and label; source_group, patient_group and provenance
        if known; files below `images/` or beside it), or with a sub-folder for each of `fractured` and
        `not_fractured`.

    Returns
    -------
    tuple of Example
        One a file, by sha256: rows and files with the same bytes are one.

    Raises
    ------
    DatasetError
        There is neither, a column, file or class is missing, or one picture has two labels.
    """
    manifest = data / "manifest.csv"
    found = _from_manifest(manifest) if manifest.is_file() else _from_folders(data)
    unique: dict[str, Example] = {}
    for example in found:
        if unique.setdefault(example.sha256, example).label != example.label:
            raise DatasetError(
                "one picture stands in the data with both labels; decide which it has, or remove it "
                f"(sha256 {example.sha256[:12]})"
            )
    if {example.label for example in unique.values()} != {0, 1}:
        raise DatasetError(f"the data need pictures of both classes: {' and '.join(CLASSES)}")
    return tuple(unique[sha256] for sha256 in sorted(unique))


def _from_manifest(manifest: Path) -> list[Example]:
    images = manifest.parent / "images"
    folder = images if images.is_dir() else manifest.parent
    with manifest.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in _REQUIRED if name not in (reader.fieldnames or ())]
        if missing:
            raise DatasetError(f"the manifest has no column {missing[0]}; add it")
        rows = {row["file"]: row for row in reader}
    return [_example(folder / name, row) for name, row in sorted(rows.items())]


def _example(path: Path, row: dict[str, str]) -> Example:
    if row["label"] not in CLASSES:
        raise DatasetError(f"the manifest has a label that is neither of {' and '.join(CLASSES)}; correct it")
    sha256 = _sha256(path)
    source = row.get("source_group") or sha256
    return Example(
        path=path,
        sha256=sha256,
        label=CLASSES.index(row["label"]),
        source=source,
        patient=row.get("patient_group") or source,
        provenance=row.get("provenance") or "unknown",
    )


def _from_folders(data: Path) -> list[Example]:
    examples = []
    for label, name in enumerate(CLASSES):
        for path in sorted((data / name).rglob("*")):
            if path.is_file():
                sha256 = _sha256(path)
                examples.append(Example(path, sha256, label, sha256, sha256, "unknown"))
    if not examples:
        raise DatasetError(
            f"there is neither a manifest.csv nor a folder for each of {' and '.join(CLASSES)} in the data"
        )
    return examples


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DatasetError(f"a picture of the data cannot be read: {error.strerror}") from error


def digest(examples: Sequence[Example]) -> str:
    """Give the sha256 over the hashes and labels of examples, whatever their order."""
    lines = sorted(f"{example.sha256} {example.label}\n" for example in examples)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def prepare_examples(
    examples: Sequence[Example], cache: Path
) -> tuple[tuple[Example, ...], NDArray[np.uint16], dict[str, int]]:
    """Prepare pictures exactly as the daemon does, once each.

    Parameters
    ----------
    examples : sequence of Example
    cache : Path
        Folder that keeps prepared pictures by sha256 and pipeline version.

    Returns
    -------
    tuple of Example
        Those that can be read; of several frames the first stands for the file.
    ndarray, shape (n, 224, 224), uint16
        Their pictures.
    dict of str to int
        How many could not be read, by error code.
    """
    cache.mkdir(parents=True, exist_ok=True)
    kept: list[Example] = []
    pictures: list[NDArray[np.uint16]] = []
    refused: Counter[str] = Counter()
    for example in examples:
        stored = cache / f"{example.sha256}-{PIPELINE_VERSION}.npy"
        try:
            if not stored.is_file():
                np.save(stored, prepare(example.path.read_bytes()).inputs[0], allow_pickle=False)
        except ScanError as error:
            refused[error.code] += 1
            continue
        kept.append(example)
        pictures.append(np.load(stored, allow_pickle=False))
    return tuple(kept), np.stack(pictures), dict(sorted(refused.items()))


def source_votes(examples: Sequence[Example]) -> NDArray[np.float64]:
    """Give weights by which each source has one vote, shared among its files."""
    files = Counter(example.source for example in examples)
    return np.array([1.0 / files[example.source] for example in examples])


def balanced_votes(examples: Sequence[Example]) -> NDArray[np.float64]:
    """Give votes of sources, reweighted so that provenance says little about the label.

    Within a provenance both labels weigh the same, and a provenance weighs as the root of its number of
    sources; no weight grows beyond a few votes, so that a dozen pictures are not learnt by heart.

    Parameters
    ----------
    examples : sequence of Example

    Returns
    -------
    ndarray, shape (n,), float64
        Their sum is the number of sources.
    """
    votes = source_votes(examples)
    cells: Counter[tuple[str, int]] = Counter()
    for example, vote in zip(examples, votes, strict=True):
        cells[example.provenance, example.label] += float(vote)  # type: ignore[assignment]
    mass = {name: sum(cells[name, label] for label in (0, 1)) ** 0.5 for name, _ in cells}
    factors = {cell: mass[cell[0]] / (2.0 * count) for cell, count in cells.items()}
    usual = sum(factors[cell] * count for cell, count in cells.items()) / sum(cells.values())
    factors = {cell: min(factor / usual, _MAX_CELL_WEIGHT) for cell, factor in factors.items()}
    weights = votes * [factors[example.provenance, example.label] for example in examples]
    return np.asarray(weights * votes.sum() / weights.sum(), dtype=np.float64)
