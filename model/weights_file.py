"""Weights in a Keras `.weights.h5`, read by the names of the layers they were written for.

Keras itself goes by running number (`conv2d_17`), so that a file with a layer more, or one with the layers in
another order, loads without an error. The names are in the file all the same.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from model.errors import ReleaseError

Weights = dict[str, list[npt.NDArray[Any]]]
"""Arrays of each layer that has any, in Keras's order, by the layer's path (`base/Conv1`)."""

_VARIABLES = "vars"
_NOT_WEIGHTS = frozenset({"optimizer", "metrics", "seed_generator"})
_DIFFERENCES_NAMED = 3


def read_weights(path: Path) -> Weights:
    """Read the weights of every layer.

    Parameters
    ----------
    path : Path
        A `.weights.h5` that Keras 3 wrote.

    Returns
    -------
    dict of str to list of ndarray
        Arrays of each layer, by the layer's path.

    Raises
    ------
    ReleaseError
        The file is no HDF5, does not say which layers its weights belong to, or points into other files.
    """
    weights: Weights = {}
    try:
        with h5py.File(path, "r") as file:
            _gather(file["/"], "", weights)
    except (OSError, KeyError, ValueError) as error:
        raise ReleaseError(f"{path.name} does not hold the weights of a network; fetch it again") from error
    return weights


def check_weights(weights: Weights, shapes: Mapping[str, list[tuple[int, ...]]], filename: str) -> None:
    """Compare the weights of a file with those that a network has.

    Parameters
    ----------
    weights : Weights
        Of the file.
    shapes : Mapping of str to list of tuple of int
        Of the network: shapes of each layer's arrays, by the layer's path.
    filename : str
        For the message.

    Raises
    ------
    ReleaseError
        A layer is missing, is one too many, or has other shapes; the message names the first of them.
    """
    found = {name: [array.shape for array in arrays] for name, arrays in weights.items()}
    differing = sorted(name for name in {*found, *shapes} if found.get(name) != shapes.get(name))
    if not differing:
        return
    named = "; ".join(
        _difference(name, found.get(name), shapes.get(name)) for name in differing[:_DIFFERENCES_NAMED]
    )
    more = len(differing) - _DIFFERENCES_NAMED
    raise ReleaseError(
        f"{filename} does not hold the weights of this network: {named}"
        f"{f'; {more} more' if more > 0 else ''}; give those it was made for"
    )


def _difference(name: str, found: list[tuple[int, ...]] | None, wanted: list[tuple[int, ...]] | None) -> str:
    if found is None:
        return f"the layer {name} is missing"
    if wanted is None:
        return f"the network has no layer {name}"
    return f"the layer {name} has the shapes {found}, not {wanted}"


def _gather(group: h5py.Group, parent: str, weights: Weights) -> None:
    """Add what `group` and the groups in it hold; the outermost network's own name is part of no path."""
    path = parent
    if _VARIABLES in group:
        variables = group[_VARIABLES]
        if group.name != "/":
            path = f"{parent}/{variables.attrs['name']}".removeprefix("/")
        if arrays := [_array(variables, number) for number in range(len(variables))]:
            weights.setdefault(path, []).extend(arrays)
    for key in group:
        is_link = not isinstance(group.get(key, getlink=True), h5py.HardLink)
        if is_link or key == _VARIABLES or _is_state(key):
            continue
        if isinstance(group[key], h5py.Group):
            _gather(group[key], path, weights)


def _is_state(key: str) -> bool:
    """Return whether Keras keeps something else under a key: the state of training or of a generator."""
    return key.rstrip("0123456789").rstrip("_") in _NOT_WEIGHTS


def _array(variables: h5py.Group, number: int) -> npt.NDArray[Any]:
    dataset = variables[str(number)]
    if dataset.external or dataset.is_virtual:
        raise ValueError("the numbers are in another file")
    return np.asarray(dataset)
