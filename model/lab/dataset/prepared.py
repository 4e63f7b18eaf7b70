"""Labelled pictures as the network sees them, made once each."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.errors import ScanError
from model.lab.dataset.examples import DatasetError, Example, with_patients_joined
from model.reading.network_input import INPUT_SIZE, PIPELINE_VERSION
from model.reading.prepare import prepare


def prepare_examples(
    examples: Sequence[Example], cache: Path, size: int = INPUT_SIZE
) -> tuple[tuple[Example, ...], NDArray[np.uint16], dict[str, int]]:
    """Prepare pictures exactly as the daemon does, once each.

    Parameters
    ----------
    examples : sequence of Example
    cache : Path
        Folder that keeps prepared pictures by sha256, pipeline version and size.
    size : int
        Rows and columns of the network's input.

    Returns
    -------
    tuple of Example
        Those that can be read; of several frames the first stands for the file. Files whose prepared
        pictures are the same in each pixel are copies: where their sources are not known, they get one.
    ndarray, shape (n, size, size), uint16
        Their pictures.
    dict of str to int
        How many could not be read, by error code.

    Raises
    ------
    DatasetError
        No picture can be read, or copies have contrary labels.
    """
    cache.mkdir(parents=True, exist_ok=True)
    kept: list[Example] = []
    pictures: list[NDArray[np.uint16]] = []
    refused: Counter[str] = Counter()
    for example in examples:
        stored = cache / f"{example.sha256}-{PIPELINE_VERSION}-{size}.npy"
        try:
            if not stored.is_file():
                inputs = prepare(example.path.read_bytes(), size=size).inputs
                np.save(stored, inputs[0], allow_pickle=False)
        except ScanError as error:
            refused[error.code] += 1
            continue
        kept.append(example)
        pictures.append(np.load(stored, allow_pickle=False))
    if not kept:
        raise DatasetError(f"none of the {len(examples)} files can be read as a picture; see what they are")
    return _copies_joined(kept, pictures), np.stack(pictures), dict(sorted(refused.items()))


def _copies_joined(
    examples: Sequence[Example], pictures: Sequence[NDArray[np.uint16]]
) -> tuple[Example, ...]:
    """Return one source to files of one picture, as when a radiograph is stored in two encodings."""
    first: dict[str, Example] = {}
    joined = []
    for example, picture in zip(examples, pictures, strict=True):
        known = first.setdefault(hashlib.sha256(picture.tobytes()).hexdigest(), example)
        if known.label != example.label:
            raise DatasetError(
                "two files hold the same picture with contrary labels; decide which it has, or remove both "
                f"(sha256 {known.sha256[:12]} and {example.sha256[:12]})"
            )
        is_known = example.source != example.sha256
        joined.append(example if is_known else replace(example, source=known.source))
    return with_patients_joined(joined)
