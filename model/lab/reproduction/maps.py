"""What the frozen base sees of pictures and of their published variations, computed once.

A frozen base gives the same maps whenever it is asked, so all fits share them. Imports TensorFlow only where
maps are computed.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.classifier import FEATURES
from model.lab.dataset.examples import Example, digest
from model.lab.whole_files import replacing
from model.network_shape import STRIDE
from model.reading.network_input import INPUT_SIZE, PIPELINE_VERSION

BRIGHTNESS = 0.2
"""Added to a picture in [0, 1], at most, either way."""

CONTRAST = 0.2
"""Contrast around the mean changes by at most this share."""

MAP_SHAPE = (INPUT_SIZE // STRIDE, INPUT_SIZE // STRIDE, FEATURES)
"""Of the base's last maps of one picture."""

_BATCH = 32


def published_variation(picture: NDArray[np.uint16], rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a published variation: horizontal flip, brightness, contrast.

    Saturation and hue are published too. They do nothing to a picture whose red, green and blue are equal,
    as in each radiograph here, so they are not drawn.

    Parameters
    ----------
    picture : ndarray, shape (224, 224), uint16
        As `model.reading.prepare` gives it.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (224, 224), float32
        In [0, 1].
    """
    varied = picture.astype(np.float32) / np.float32(65535.0)
    if rng.random() < 0.5:
        varied = varied[:, ::-1]
    contrast = np.float32(rng.uniform(1.0 - CONTRAST, 1.0 + CONTRAST))
    brightness = np.float32(rng.uniform(-BRIGHTNESS, BRIGHTNESS))
    mean = varied.mean(dtype=np.float32)
    return np.asarray(np.clip((varied - mean) * contrast + mean + brightness, 0.0, 1.0), np.float32)


def variations_of(
    example: Example, picture: NDArray[np.uint16], count: int, seed: int
) -> NDArray[np.float32]:
    """Return a picture as it is, then its variations: shape (1 + count, 224, 224), float32 in [0, 1].

    Chance is drawn from the seed, the variation's number and the file's sha256: neither the order of the
    files nor a run that was cut short changes it.

    Parameters
    ----------
    example : Example
    picture : ndarray, shape (224, 224), uint16
    count, seed : int

    Returns
    -------
    ndarray, shape (count, 224, 224), float32
        In [0, 1].
    """
    plain = picture.astype(np.float32) / np.float32(65535.0)
    drawn = [
        published_variation(picture, np.random.default_rng([seed, number, int(example.sha256[:16], 16)]))
        for number in range(count)
    ]
    return np.stack([plain, *drawn])


def base_maps(
    examples: Sequence[Example],
    inputs: NDArray[np.uint16],
    base_weights: Path,
    cache: Path,
    *,
    variations: int,
    seed: int,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> NDArray[np.float16]:
    """Return the base's last maps of each picture and its variations, from the cache if they are there.

    Parameters
    ----------
    examples : sequence of Example
    inputs : ndarray, shape (n, 224, 224), uint16
        Their prepared pictures.
    base_weights : Path
    cache : Path
        Folder for the maps: 125 kB for each picture and variation.
    variations, seed : int
    progress : callable
        Called with how many pictures are done, of how many.

    Returns
    -------
    ndarray, shape (n, 1 + variations, 7, 7, 1280), float16
        Mapped from the file; the first of each picture is the picture as it is. Values of the base's last
        ReLU6 lie in [0, 6], where float16 is exact to 0.002.

    Raises
    ------
    ReleaseError
        The base weights do not fit.
    """
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"maps-{maps_key(examples, base_weights, variations, seed)}.npy"
    if not path.is_file():
        shape = (len(examples), 1 + variations, *MAP_SHAPE)
        with replacing(path) as stream:
            maps = np.lib.format.open_memmap(stream.name, mode="w+", dtype=np.float16, shape=shape)
            base = _compiled_base(base_weights)
            for number, example in enumerate(examples):
                if number % _BATCH == 0:
                    progress(number, len(examples))
                given = base(variations_of(example, inputs[number], variations, seed)[..., None])
                maps[number] = given.numpy().astype(np.float16)
            maps.flush()
    progress(len(examples), len(examples))
    stored: NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False)
    return stored


def maps_key(examples: Sequence[Example], base_weights: Path, variations: int, seed: int) -> str:
    """Name what the maps depend on.

    Parameters
    ----------
    examples : sequence of Example
    base_weights : Path
    variations, seed : int

    Returns
    -------
    str

    Raises
    ------
    ReleaseError
        The base weights cannot be read.
    """
    from model.errors import ReleaseError

    try:
        weights = hashlib.sha256(base_weights.read_bytes()).hexdigest()
    except OSError as error:
        raise ReleaseError(
            f"the base weights {base_weights.name} cannot be read: {error.strerror}"
        ) from error
    amounts = f"{variations} {seed} {BRIGHTNESS} {CONTRAST} {PIPELINE_VERSION}"
    text = f"{digest(examples)} {weights} {amounts}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _compiled_base(base_weights: Path) -> Callable[[Any], Any]:
    """Compile the part of the published network that is frozen."""
    import keras
    import tensorflow as tf

    from model.network import build_network

    network = build_network("flatten", base_weights)
    base = keras.Model(network.input, network.get_layer("features").input)
    shape = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)
    return tf.function(lambda pictures: base(pictures, training=False), input_signature=[shape])  # type: ignore[no-any-return] # TensorFlow's stubs leave it so
