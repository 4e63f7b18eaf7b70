"""A network in fewer bits: what the converter of TensorFlow offers, each under its name.

Imports TensorFlow: for training only.

References
----------
https://ai.google.dev/edge/litert/conversion/tensorflow/quantization/post_training_quantization
"""

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.classifier import to_network_input
from model.engines.quiet import quiet_stderr
from model.lab.quantisation.report import KINDS

VARIANTS = tuple(KINDS)


def convert(network: keras.Model, variant: str, pictures: NDArray[np.uint16]) -> bytes:
    """Convert a network to a `.tflite` in fewer bits; inputs and outputs stay float32.

    Parameters
    ----------
    network : keras.Model
        As `model.network.serving_network` gives it.
    variant : str
        One of `VARIANTS`.
    pictures : ndarray, shape (n, 224, 224), uint16
        Prepared training pictures, which show the converter what values the activations take.

    Returns
    -------
    bytes

    Raises
    ------
    KeyError
        There is no such variant.
    RuntimeError, ValueError
        This version of TensorFlow cannot convert the network so.
    """
    if variant not in VARIANTS:
        raise KeyError(variant)

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for picture in to_network_input(pictures):
            yield [picture[None]]

    # The converter prints every tensor, in Python and in native code, and warns that inputs stay in floats.
    with contextlib.redirect_stdout(io.StringIO()), quiet_stderr(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Statistics for quantized inputs")
        return bytes(_converter(network, variant, representative).convert())


def _converter(network: keras.Model, variant: str, representative: Any) -> Any:
    """Set the converter up. Not by way of a saved model: see `model.lab.training.export.to_litert`."""
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if variant == "float16":
        converter.target_spec.supported_types = [tf.float16]
    elif variant != "dynamic_range":
        converter.representative_dataset = representative
    kinds = tf.lite.OpsSet
    if variant == "int8":
        converter.target_spec.supported_ops = [kinds.TFLITE_BUILTINS_INT8]
    elif variant == "int16x8":
        converter.target_spec.supported_ops = [
            kinds.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
            kinds.TFLITE_BUILTINS,
        ]
    return converter
