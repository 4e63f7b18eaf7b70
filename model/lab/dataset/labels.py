"""Labels of pictures as people write them, and the folders that are named after them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.decisions.decision import CLASSES

SPLITS: Final = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}
"""Names of a published collection's parts, and how they are written here."""

_NOT_FRACTURED, _FRACTURED = CLASSES
_SYNONYMS: Final = {
    "fracture": _FRACTURED,
    "normal": _NOT_FRACTURED,
    "no_fracture": _NOT_FRACTURED,
    "non_fractured": _NOT_FRACTURED,
    "nonfractured": _NOT_FRACTURED,
    "unfractured": _NOT_FRACTURED,
}
CLASS_NAMES: Final = f"{' and '.join(CLASSES)} (or Fracture and Normal)"
"""How a message names what is understood."""


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """A file below a folder that is named after its label.

    Parameters
    ----------
    path : Path
    label : str
        As `label_of` writes it; one of `CLASSES`, or what else the folder is named.
    split : str
        `train`, `val`, `test`, or empty.
    """

    path: Path
    label: str
    split: str


def label_of(text: str) -> str:
    """Write a label as this program does: `Not fractured`, `Normal` and `no-fracture` are `not_fractured`.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        One of `CLASSES`, or the text itself in small letters, with underscores.
    """
    plain = "_".join(text.strip().lower().replace("-", " ").replace("_", " ").split())
    return _SYNONYMS.get(plain, plain)


def labelled_files(data: Path) -> Iterator[LabelledFile]:
    """List the files of a folder by the sub-folders that they lie in, however deep.

    Parameters
    ----------
    data : Path
        With a sub-folder for each class, or with train, val and test, each with a sub-folder for each class.
        Hidden files and folders are left out.

    Yields
    ------
    LabelledFile
        In the order of folders and names.
    """
    folders = _folders(data)
    parts = [one for one in folders if one.name.lower() in SPLITS]
    for part in parts:
        yield from _files(_folders(part), SPLITS[part.name.lower()])
    if not parts:
        yield from _files(folders, "")


def _folders(data: Path) -> list[Path]:
    if not data.is_dir():
        return []
    return sorted(one for one in data.iterdir() if one.is_dir() and not one.name.startswith("."))


def _files(folders: list[Path], split: str) -> Iterator[LabelledFile]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield LabelledFile(path, label_of(folder.name), split)
