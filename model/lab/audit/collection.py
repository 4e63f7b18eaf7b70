"""What is to be audited: the rows of a manifest, or the files of a folder, as they are labelled."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from model.lab.dataset.examples import DatasetError
from model.lab.dataset.labels import SPLITS, label_of, labelled_files

UNKNOWN: Final = "unknown"
_SPLIT_COLUMNS: Final = ("split", "seed_split")
_NAME_COLUMNS: Final = ("original_name", "seed_path")


@dataclass(frozen=True, slots=True)
class Entry:
    """One labelled file; several may have the same bytes, or be the same file.

    Attributes
    ----------
    path : Path
    name : str
        As its owner knows it: patients may be guessed from it.
    label : str
        As `model.lab.dataset.labels.label_of` writes it.
    split : str
        `train`, `val`, `test`, or empty.
    provenance : str
        `unknown` if it is not known.
    columns : mapping of str to str
        What its row of the manifest says besides.
    """

    path: Path
    name: str
    label: str
    split: str
    provenance: str
    columns: Mapping[str, str] = field(default_factory=dict, compare=False)


def read_collection(data: Path) -> tuple[Entry, ...]:
    """List what is to be audited; no file is opened but the manifest.

    Parameters
    ----------
    data : Path
        A manifest (columns file and label; if known split or seed_split, provenance, and original_name or
        seed_path), its files below `images/` or beside it; a folder that has a `manifest.csv`; a folder with
        a sub-folder for each class; or one with train, val and test, each with a sub-folder for each class.

    Returns
    -------
    tuple of Entry
        One a row of the manifest, or a file; in the order of names.

    Raises
    ------
    DatasetError
        There is no such thing, or nothing in it.
    """
    manifest = data / "manifest.csv" if data.is_dir() else data
    entries = _rows(manifest) if manifest.is_file() else _files(data)
    if not entries:
        raise DatasetError(
            "there is nothing to audit: a manifest with the columns file and label is wanted, or a folder "
            "with a sub-folder for each class"
        )
    return tuple(sorted(entries, key=lambda entry: (str(entry.path), entry.split, entry.name, entry.label)))


def _rows(manifest: Path) -> list[Entry]:
    images = manifest.parent / "images"
    folder = images if images.is_dir() else manifest.parent
    try:
        with manifest.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            known = reader.fieldnames or ()
            missing = [name for name in ("file", "label") if name not in known]
            if missing:
                raise DatasetError(f"the manifest has no column {missing[0]}; add it")
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error):
        raise DatasetError("the manifest is no CSV file in UTF-8; export it again") from None
    return [
        Entry(
            path=folder / row["file"],
            name=_first(row, _NAME_COLUMNS) or row["file"],
            label=label_of(row["label"] or ""),
            split=SPLITS.get(_first(row, _SPLIT_COLUMNS).lower(), _first(row, _SPLIT_COLUMNS).lower()),
            provenance=row.get("provenance") or UNKNOWN,
            columns=row,
        )
        for row in rows
    ]


def _first(row: dict[str, str], columns: tuple[str, ...]) -> str:
    return next((row[column].strip() for column in columns if row.get(column)), "")


def _files(data: Path) -> list[Entry]:
    return [
        Entry(one.path, one.path.relative_to(data).as_posix(), one.label, one.split, UNKNOWN)
        for one in labelled_files(data)
    ]
