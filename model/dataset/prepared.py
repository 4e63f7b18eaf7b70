"""Labelled pictures as the network sees them, made once each."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.dataset.examples import Example
from model.errors import ScanError
from model.prepare import PIPELINE_VERSION, prepare


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
