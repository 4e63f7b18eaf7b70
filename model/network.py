"""MobileNetV2 with one of three heads, built in code; weights are loaded into it, archives never.

Imports Keras: for training, export and the reference engine only.

References
----------
Sandler et al. 2018, arXiv:1801.04381: MobileNetV2.
Zhou et al. 2016, arXiv:1512.04150: class activation maps from global average pooling.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import keras

from model.errors import ReleaseError
from model.network_shape import Head
from model.normalisation import with_fused_normalisation
from model.place_head import build_place_head
from model.reading.network_input import INPUT_SIZE
from model.regions import REGIONS
from model.weights_file import check_weights, read_weights

_FINE_MAPS = "block_13_expand_relu"
"""The last layer of the base with cells of 16 input pixels."""

LATE_FROM = "block_6_expand"
"""The blocks before it see edges and textures, which settle early, in maps that take most of a step."""

STATISTICS_OF = ("block_5_add", "block_6_depthwise_relu", "block_9_add", "block_12_add", "block_15_add")
"""Layers of the base whose maps `serving_network` describes: what a picture is made of, not what it means."""


class ActivationMapHead(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """Global average pooling and one dense unit, written so that the class activation map is an output.

    The logit is the mean of the map plus the bias: pooling and a linear unit commute.

    Parameters
    ----------
    dropout : float
        Share of features left out in each training step.

    References
    ----------
    Zhou et al. 2016, arXiv:1512.04150.
    """

    def __init__(self, dropout: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, shape: tuple[int, ...]) -> None:
        """Create the weights.

        Parameters
        ----------
        shape : tuple of int
            Of the maps: (n, rows, columns, features).
        """
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 1), initializer="glorot_uniform")
        self.bias = self.add_weight(name="bias", shape=(1,), initializer="zeros")

    def call(self, maps: Any, training: bool | None = None) -> dict[str, Any]:  # noqa: FBT001 # Keras calls it so
        """Pool, and keep the map.

        Parameters
        ----------
        maps : tensor, shape (n, rows, columns, features)
        training : bool, optional

        Returns
        -------
        dict of str to tensor
            `logit` (n, 1), `heat_map` (n, rows, columns) and `features` (n, features).
        """
        features = keras.ops.mean(maps, axis=(1, 2))
        logit = keras.ops.matmul(self.dropout(features, training=training), self.kernel) + self.bias
        heat_map = keras.ops.squeeze(keras.ops.matmul(maps, self.kernel), axis=-1)
        return {"logit": logit, "heat_map": heat_map, "features": features}


def build_network(
    head: Head | Literal["flatten"] = "gap",
    base_weights: Path | None = None,
    dropout: float = 0.3,
    size: int | None = INPUT_SIZE,
) -> keras.Model:
    """Build the network.

    Parameters
    ----------
    head : {"gap", "place", "flatten"}
        `gap` is that of the first release, on a base whose batch normalisation stays as it is: it gives
        `logit` (n, 1), `heat_map` (n, 7, 7) and `features` (n, 1280); the mean of the heat map plus the
        head's bias is the logit. `place`, on a base that trains as a whole, adds `label_logit`, the logit of
        the pooled features, and `place_logit`, that of the places, whose sum is the `logit`; `label_map`, the
        class activation map of the former; `heat_map` (n, 14, 14), log-odds of a fracture in each cell; and
        `region` (n, 6), logits of `REGIONS`. `flatten` is the published recipe and gives `logit` (n, 2), one
        for each of `not_fractured` and `fractured`, to be followed by sigmoids, and `features`.
    base_weights : Path, optional
        Weights of MobileNetV2 (alpha 1.0, no top) as a Keras `.weights.h5`; random without.
    dropout : float
        Share of features that is left out in training; `flatten` uses the published 0.5.
    size : int or None
        Rows and columns of the input, a multiple of 32; maps grow and shrink with it. None, for the head
        `place`, takes any.

    Returns
    -------
    keras.Model
        Takes float32 (n, size, size, 1) in [0, 1], black to white; outputs are a dictionary.

    Raises
    ------
    ReleaseError
        The base weights are absent or are not those of this network.
    """
    picture = keras.Input((size, size, 1), name="picture")
    scaled = keras.layers.Rescaling(2.0, offset=-1.0, name="scale")(picture)
    three = keras.layers.Concatenate(name="repeat")([scaled, scaled, scaled])
    base = keras.applications.MobileNetV2(
        input_shape=(size, size, 3), include_top=False, weights=None, name="base"
    )
    if base_weights is not None:
        load_weights(base, base_weights)
    if head == "place":
        base = with_fused_normalisation(base)
        base = keras.Model(base.input, [base.get_layer(_FINE_MAPS).output, base.output], name="base")
        outputs = _place_outputs(base(three), dropout)
    else:
        freeze_normalisation(base)
        maps = base(three)
        outputs = ActivationMapHead(dropout, name="head")(maps) if head == "gap" else _flatten_head(maps)
    return keras.Model(picture, outputs, name=f"mobilenetv2_{head}")


def _place_outputs(maps: Any, dropout: float) -> dict[str, Any]:
    """Put the heads for label, place and region on the fine and the last maps of the base."""
    fine, coarse = maps
    head = ActivationMapHead(dropout, name="head")
    place = build_place_head(fine.shape[1:], coarse.shape[1:])
    return _joined(head(coarse), place([fine, coarse]), keras.layers.Dense(len(REGIONS), name="region"))


def _joined(label: dict[str, Any], place: dict[str, Any], region: keras.layers.Layer) -> dict[str, Any]:
    """Name the outputs of the heads; the log-odds of the label and of the places add up to the logit."""
    return {
        "logit": keras.layers.Add(name="logit")([label["logit"], place["place_logit"]]),
        "label_logit": label["logit"],
        "label_map": label["heat_map"],
        "place_logit": place["place_logit"],
        "heat_map": place["heat_map"],
        "features": label["features"],
        "region": region(label["features"]),
    }


class MapStatistics(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """Mean and standard deviation of each channel of maps; where a thing lies does not matter."""

    def call(self, maps: Any) -> Any:
        """Describe maps by their channels.

        Parameters
        ----------
        maps : tensor, shape (n, rows, columns, channels)

        Returns
        -------
        tensor, shape (n, 2 * channels)
            Means first.
        """
        mean = keras.ops.mean(maps, axis=(1, 2), keepdims=True)
        spread = keras.ops.sqrt(keras.ops.mean(keras.ops.square(maps - mean), axis=(1, 2)))
        return keras.ops.concatenate([mean[:, 0, 0], spread], axis=-1)


def serving_network(network: keras.Model) -> keras.Model:
    """Add the statistics of the middle layers to a network's outputs: by them strange pictures are known.

    Fine-tuning teaches the last layers to see every picture as a bone; the middle ones change little.

    Parameters
    ----------
    network : keras.Model
        As `build_network` gives it with the head `gap` or `place`; its layers are shared, not copied.

    Returns
    -------
    keras.Model
        The outputs that a release has, and `statistics` (n, 1088): `MapStatistics` of each of
        `STATISTICS_OF`, in order.
    """
    base = network.get_layer("base")
    watched = keras.Model(
        base.input, [*base.outputs, *(base.get_layer(name).output for name in STATISTICS_OF)]
    )
    seen = watched(network.get_layer("repeat").output)
    maps, middle = seen[: -len(STATISTICS_OF)], seen[-len(STATISTICS_OF) :]
    statistics = [
        MapStatistics(name=f"{name}_statistics")(one) for name, one in zip(STATISTICS_OF, middle, strict=True)
    ]
    outputs = network.get_layer("head")(maps[-1])
    if len(maps) > 1:
        joined = _joined(outputs, network.get_layer("place")(maps), network.get_layer("region"))
        outputs = {name: joined[name] for name in ("logit", "heat_map", "features", "region")}
    outputs["statistics"] = keras.layers.Concatenate(name="statistics")(statistics)
    return keras.Model(network.input, outputs, name=f"{network.name}_serving")


def freeze_normalisation(base: keras.Model) -> None:
    """Keep batch normalisation in inference mode, in training too.

    The statistics of the base weights come from few photographs, and those of small batches would change the
    features altogether. Calling the base with `training=False` does not help: Keras 3 passes the outer call's
    `training=True` on all the same. A layer that is not trainable does.

    Parameters
    ----------
    base : keras.Model
        Changed in place.
    """
    for layer in base.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def _flatten_head(maps: Any) -> dict[str, Any]:
    """Give the published head: Flatten, Dense 512 ReLU, Dropout 0.5, Dense 2 (its sigmoid is in the loss)."""
    hidden = keras.layers.Dense(512, activation="relu", name="hidden")(
        keras.layers.Flatten(name="flatten")(maps)
    )
    logit = keras.layers.Dense(2, name="head")(keras.layers.Dropout(0.5)(hidden))
    return {"logit": logit, "features": keras.layers.GlobalAveragePooling2D(name="features")(maps)}


def load_weights(network: keras.Model, path: Path) -> None:
    """Load a `.weights.h5` into a network that code built, each layer by its name.

    Parameters
    ----------
    network : keras.Model
        Its layers, and those of models in it, hold their weights themselves.
    path : Path
        Must end in `.weights.h5`.

    Raises
    ------
    ReleaseError
        The file is absent, of another ending, or holds the weights of another network: a layer more or fewer,
        another name, another shape. Nothing is loaded then.
    """
    if not path.name.endswith(".weights.h5") or not path.is_file():
        raise ReleaseError(f"there are no weights at {path.name}: give the path of a .weights.h5 file")
    weights, layers = read_weights(path), dict(_layers_with_weights(network))
    shapes = {name: [tuple(one.shape) for one in layer.weights] for name, layer in layers.items()}
    check_weights(weights, shapes, path.name)
    for name, layer in layers.items():
        layer.set_weights(weights[name])


def _layers_with_weights(network: keras.Model, prefix: str = "") -> Iterator[tuple[str, keras.layers.Layer]]:
    """Give each layer that has weights with its path, `base/Conv1`."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _layers_with_weights(layer, f"{prefix}{layer.name}/")
        elif layer.weights:
            yield prefix + layer.name, layer


def load_weights_bytes(network: keras.Model, content: bytes) -> None:
    """Load the verified bytes of a `.weights.h5`: what was hashed is what is loaded.

    Parameters
    ----------
    network : keras.Model
    content : bytes

    Raises
    ------
    ReleaseError
        The bytes hold the weights of another network.
    """
    with tempfile.TemporaryDirectory(prefix="inboxray-") as folder:
        path = Path(folder) / "network.weights.h5"
        path.write_bytes(content)
        load_weights(network, path)
