"""Where a fracture lies: a map of log-odds, twice as fine as the last maps of the base network.

Imports Keras: for training, export and the reference engine only.

References
----------
Lin et al. 2017, arXiv:1612.03144: coarse maps with meaning, added to fine ones.
"""

from typing import Any

import keras

from model.normalisation import MOMENTUM, FusedBatchNormalization

_WIDTH = 64
_RARE = -4.0  # log-odds of a cell before anything is learned: few cells lie in a fracture
_EPSILON = 1e-3


class AnyPlace(keras.layers.Layer):  # type: ignore[misc] # keras ships no types
    """Log-odds of a fracture in any cell: the logarithm of the summed odds, and a bias that is learned."""

    def build(self, shape: tuple[int, ...]) -> None:  # noqa: ARG002 # Keras calls it so
        """Create the weight.

        Parameters
        ----------
        shape : tuple of int
            Of the map: (n, rows, columns).
        """
        self.bias = self.add_weight(name="bias", shape=(1,), initializer=keras.initializers.Constant(_RARE))

    def call(self, places: Any) -> Any:
        """Sum up a map.

        Parameters
        ----------
        places : tensor, shape (n, rows, columns)

        Returns
        -------
        tensor, shape (n, 1)
        """
        return keras.ops.logsumexp(places, axis=(1, 2))[:, None] + self.bias


def build_place_head(fine: tuple[int | None, ...], coarse: tuple[int | None, ...]) -> keras.Model:
    """Build the head.

    Parameters
    ----------
    fine, coarse : tuple
        Shapes (rows, columns, channels) of maps of the base; the fine ones have twice the rows and columns,
        or both are None.

    Returns
    -------
    keras.Model
        Takes a list of both maps; gives `heat_map` (n, rows, columns) of the fine maps' size, log-odds that a
        fracture lies in a cell, and `place_logit` (n, 1), see `AnyPlace`.
    """
    detail, meaning = keras.Input(fine, name="fine"), keras.Input(coarse, name="coarse")
    lateral = keras.layers.Conv2D(_WIDTH, 1, use_bias=False, name="lateral")(detail)
    top = keras.layers.Conv2D(_WIDTH, 1, use_bias=False, name="top")(meaning)
    maps = keras.layers.Add(name="sum")([lateral, keras.layers.UpSampling2D(2, name="up")(top)])
    maps = _normalised(maps, "sum")
    maps = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="around")(maps)
    maps = _normalised(maps, "around")
    rare = keras.initializers.Constant(_RARE)
    cells = keras.layers.Conv2D(1, 1, bias_initializer=rare, name="cells")(maps)
    places = keras.ops.squeeze(cells, axis=-1)
    outputs = {"heat_map": places, "place_logit": AnyPlace(name="any")(places)}
    return keras.Model([detail, meaning], outputs, name="place")


def _normalised(maps: Any, name: str) -> Any:
    fused = FusedBatchNormalization(epsilon=_EPSILON, momentum=MOMENTUM, name=f"{name}_BN")
    return keras.layers.ReLU(6.0, name=f"{name}_relu")(fused(maps))
