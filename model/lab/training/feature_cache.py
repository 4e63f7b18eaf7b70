"""Outputs of the frozen stem, computed once and kept in a memory-mapped file.

A step on kept features costs a third of one on pictures, and all folds and seeds share them.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.lab.whole_files import replace_file

CHUNK = 32
"""Pictures computed at once. It is part of what is computed: another would round otherwise."""

_ARRAY = "features.npy"
_DONE = "done.json"
_NOTED_EVERY = 16


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What a cache shall hold.

    Parameters
    ----------
    identity : mapping
        All that the features depend on, as JSON knows it.
    count : int
        Number of pictures, at least 1.
    dtype : {"float16", "float32"}
        As which the features are kept.
    picture : callable
        Gives a picture, float32 (224, 224) in [0, 1], by its number; called from one thread.
    stem : callable
        Gives features for float32 (n, 224, 224, 1).
    """

    identity: Mapping[str, Any]
    count: int
    dtype: str
    picture: Callable[[int], NDArray[np.float32]]
    stem: Callable[[Any], Any]

    def name(self) -> str:
        """Return a name that is another for each other content."""
        plain = {**self.identity, "count": self.count, "dtype": self.dtype, "chunk": CHUNK}
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]

    def chunk(self, start: int) -> NDArray[np.float32]:
        """Return the pictures from a number on: (n, 224, 224, 1)."""
        numbers = range(start, min(start + CHUNK, self.count))
        return np.stack([self.picture(number) for number in numbers])[..., None]


def cached_features(
    folder: Path, wanted: Wanted, on_progress: Callable[[int, int], None] = lambda _done, _total: None
) -> NDArray[np.floating]:
    """Return the stem's output for pictures, from the cache as far as they are there.

    Parameters
    ----------
    folder : Path
        May hold many caches; each has a folder of its own.
    wanted : Wanted
    on_progress : callable
        Called with how many are done, of how many.

    Returns
    -------
    ndarray, shape (count, ...)
        Memory-mapped, read-only. After a kill it goes on with the first chunk that was not surely on disk.
    """
    place = folder / wanted.name()
    done = _done(place)
    if done < wanted.count:
        place.mkdir(parents=True, exist_ok=True)
        _fill(place, done, wanted, on_progress)
    on_progress(wanted.count, wanted.count)
    kept: NDArray[np.floating] = np.load(place / _ARRAY, mmap_mode="r", allow_pickle=False)
    return kept


def _done(place: Path) -> int:
    try:
        return int(json.loads((place / _DONE).read_text(encoding="utf-8"))["done"])
    except FileNotFoundError:
        return 0


def _fill(place: Path, done: int, wanted: Wanted, on_progress: Callable[[int, int], None]) -> None:
    array: Any = None if done == 0 else np.load(place / _ARRAY, mmap_mode="r+", allow_pickle=False)
    with ThreadPoolExecutor(max_workers=1) as pool:  # draws the next pictures while these go through the stem
        waiting = pool.submit(wanted.chunk, done)
        for start in range(done, wanted.count, CHUNK):
            on_progress(start, wanted.count)
            pictures = waiting.result()
            end = min(start + CHUNK, wanted.count)
            if end < wanted.count:
                waiting = pool.submit(wanted.chunk, end)
            features = np.asarray(wanted.stem(pictures))
            if array is None:
                array = _made(place / _ARRAY, (wanted.count, *features.shape[1:]), wanted.dtype)
            array[start:end] = features
            if (start // CHUNK + 1) % _NOTED_EVERY == 0 or end == wanted.count:
                array.flush()
                _note(place, end)


def _made(path: Path, shape: tuple[int, ...], dtype: str) -> NDArray[np.floating]:
    array: NDArray[np.floating] = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.dtype(dtype), shape=shape
    )
    with path.open(
        "r+b"
    ) as stream:  # a full disk is an error here; in a mapped page it would kill the process
        os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)
    return array


def _note(place: Path, done: int) -> None:
    replace_file(place / _DONE, json.dumps({"done": done}).encode())
