"""Where a fitting stands, in a file that a kill cannot break: nothing in it is pickled."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.errors import ModelError
from model.lab.whole_files import replacing

Arrays = Mapping[str, Sequence[NDArray[Any]]]


class CheckpointError(ModelError):
    """A checkpoint cannot be used."""

    code = "bad_checkpoint"


def write_checkpoint(path: Path, lists: Arrays) -> None:
    """Write lists of arrays; a reader finds the old file or the new one, never part of one.

    Parameters
    ----------
    path : Path
    lists : mapping of str to sequence of ndarray
        Numbers only: an array of objects would be pickled.
    """
    named = {f"{name}/{n}": array for name, arrays in lists.items() for n, array in enumerate(arrays)}
    with replacing(path, is_synced=True) as stream:
        np.savez(stream, **named)  # type: ignore[arg-type] # takes another of its parameters for an array


def read_checkpoint(path: Path) -> dict[str, list[NDArray[Any]]] | None:
    """Read what `write_checkpoint` wrote; None if there is no such file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict of str to list of ndarray, Any or None

    Raises
    ------
    CheckpointError
        The file is no checkpoint.
    """
    lists: dict[str, list[NDArray[Any]]] = {}
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            for key in sorted(archive.files, key=_place):
                lists.setdefault(_place(key)[0], []).append(archive[key])
    except FileNotFoundError:
        return None
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError(
            f"the checkpoint {path.name} of the run cannot be read; remove it, and that fitting starts anew"
        ) from error
    return lists


def _place(key: str) -> tuple[str, int]:
    name, _, number = key.rpartition("/")
    return name, int(number)
