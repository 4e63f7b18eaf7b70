"""Labelled pictures as training varies them: 8-bit squares, somewhat larger than the network's input."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.lab.dataset.annotations import Box
from model.lab.dataset.examples import Example
from model.reading.network_input import PIPELINE_VERSION
from model.reading.prepare import open_pictures
from model.reading.preprocess import letterbox, preprocess

_NAME_LENGTH = 16


def square_pictures(
    examples: Sequence[Example],
    cache: Path,
    sizes: Sequence[int],
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[dict[int, NDArray[np.uint8]], NDArray[np.int64]]:
    """Prepare pictures as the daemon does, at several sizes, with 8 bits.

    Parameters
    ----------
    examples : sequence of Example
        That can be read; of several frames the first stands for the file.
    cache : Path
        Folder that keeps them, for the next run with the same files.
    sizes : sequence of int
    on_progress : callable
        Called with the number of pictures done and the number in all.

    Returns
    -------
    dict of int to ndarray, shape (n, size, size), uint8
        By size; memory-mapped.
    ndarray, shape (n, 2), int
        Rows and columns of the pictures before.
    """
    cache.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{example.sha256}\n" for example in examples)
    key = hashlib.sha256(f"{PIPELINE_VERSION}\n{lines}".encode()).hexdigest()[:_NAME_LENGTH]
    shapes = cache / f"shapes-{key}.npy"
    stored = {size: cache / f"squares-{key}-{size}.npy" for size in sizes}
    if not all(path.is_file() for path in (*stored.values(), shapes)):
        _write(examples, stored, shapes, on_progress)
    on_progress(len(examples), len(examples))
    return {size: np.load(path, mmap_mode="r") for size, path in stored.items()}, np.load(shapes)


def _write(
    examples: Sequence[Example],
    stored: dict[int, Path],
    shapes: Path,
    on_progress: Callable[[int, int], None],
) -> None:
    parts = {size: path.with_suffix(".part") for size, path in stored.items()}
    squares = {
        size: np.lib.format.open_memmap(path, "w+", np.uint8, (len(examples), size, size))
        for size, path in parts.items()
    }
    seen = np.empty((len(examples), 2), np.int64)
    for row, example in enumerate(examples):
        on_progress(row, len(examples))
        picture = next(iter(open_pictures(example.path.read_bytes())))
        seen[row] = picture.shape
        for size, array in squares.items():
            array[row] = preprocess(picture, size) >> 8
    for size, path in parts.items():
        squares[size].flush()
        path.replace(stored[size])
    np.save(shapes, seen, allow_pickle=False)


def boxes_in_square(boxes: Sequence[Box], rows: int, columns: int) -> tuple[Box, ...]:
    """Give boxes of a picture in shares of the square that it is fitted into.

    Parameters
    ----------
    boxes : sequence of Box
        In shares of the picture.
    rows, columns : int
        Of the picture.

    Returns
    -------
    tuple of Box
    """
    side = max(rows, columns)
    place = letterbox(rows, columns, side)
    return tuple(
        Box(
            (place.left + box.left * columns) / side,
            (place.top + box.top * rows) / side,
            box.width * columns / side,
            box.height * rows / side,
        )
        for box in boxes
    )
