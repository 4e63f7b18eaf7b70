"""From a trained network to a released model that LiteRT serves; both engines must agree first.

Imports TensorFlow: for training only.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from model.classifier import Classifier, to_network_input
from model.decisions.abstention import Abstention
from model.decisions.calibration import Calibration, sigmoid
from model.decisions.decision import CLASSES, Thresholds
from model.decisions.strangeness import Strangeness
from model.drift.reference import Reference
from model.engines.litert import LiteRtEngine
from model.errors import ReleaseError
from model.lab.evaluation.unreleased import UnreleasedClassifier
from model.network import serving_network
from model.network_shape import NetworkShape
from model.regions import REGIONS
from model.release import FORMAT, MANIFEST, Release, open_release

NETWORK = "network.tflite"
WEIGHTS = "network.weights.h5"
ABSTENTION = "abstention.npz"
CARD = "MODEL_CARD.md"

AGREEMENT = 1e-4
"""Greatest difference of a probability between Keras and LiteRT."""


@dataclass(frozen=True, slots=True)
class Description:
    """What a release records of itself.

    Parameters
    ----------
    card : str
        Text of MODEL_CARD.md.
    figures : dict
        For machines: `model.lab.evaluation.assessment.Assessment.as_plain`.
    reference : Reference
        What the daemon's scans are compared with in time.
    """

    card: str
    figures: dict[str, Any]
    reference: Reference


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """What a release holds besides its network.

    Parameters
    ----------
    name, version : str
    thresholds : Thresholds
    calibration : Calibration
    abstention : Abstention or Strangeness
    pipeline_version : str
        Version of `model.reading.prepare` that made the training pictures.
    training : dict
        How and on what it was trained; `digest` is the sha256 over files and labels.
    """

    name: str
    version: str
    thresholds: Thresholds
    calibration: Calibration
    abstention: Abstention | Strangeness
    pipeline_version: str
    training: dict[str, Any]


def to_litert(network: keras.Model) -> bytes:
    """Convert a network to a float32 `.tflite` with a named signature.

    Parameters
    ----------
    network : keras.Model
        As `model.network.serving_network` or `build_network` gives it, with the head `gap` or `place`.

    Returns
    -------
    bytes
    """
    picture = tf.TensorSpec((None, *network.input_shape[1:]), tf.float32, name="picture")
    whole = tf.function(
        lambda picture: network(picture, training=False), input_signature=[picture]
    ).get_concrete_function()
    # TensorFlow 2.21 leaves variables as variables in what it converts, which LiteRT never fills: every
    # output would be NaN. The way from a Keras model avoids that too, and takes three times as long.
    frozen, names = convert_variables_to_constants_v2(whole), sorted(whole.structured_outputs)
    served = tf.Module()
    served.serve = tf.function(
        lambda picture: dict(zip(names, tf.nest.flatten(frozen(picture)), strict=True)),
        input_signature=[picture],
    )
    with TemporaryDirectory() as folder:
        tf.saved_model.save(served, folder, signatures={"serving_default": served.serve})
        return bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())


def shape_of(network: keras.Model) -> NetworkShape:
    """Return the shape of a network.

    Parameters
    ----------
    network : keras.Model
        As `model.network.build_network` gives it, with the head `gap` or `place`.

    Returns
    -------
    NetworkShape
    """
    outputs = network.output
    _, input_size, _, _ = network.input_shape
    _, map_size, _ = outputs["heat_map"].shape
    with_places = "place_logit" in outputs
    return NetworkShape(
        "place" if with_places else "gap", input_size, map_size, REGIONS if with_places else ()
    )


def write_release(
    folder: Path,
    network: keras.Model,
    facts: ReleaseFacts,
    pictures: NDArray[np.uint16],
    describe: Callable[[Classifier], Description],
    convert: Callable[[keras.Model], bytes] = to_litert,
) -> Release:
    """Write a release whose network says in LiteRT what it says in Keras.

    Parameters
    ----------
    folder : Path
        Must not exist: a release is never overwritten.
    network : keras.Model
        With the head `gap` or `place`.
    facts : ReleaseFacts
    pictures : ndarray, shape (n, size, size), uint16
        Prepared pictures on which the engines are compared; n at least 1.
    describe : callable
        Given what classifies as the release will, returns what the release records of itself.
    convert : callable
        Makes what is served of the network as `model.network.serving_network` gives it.

    Returns
    -------
    Release
        Opened from the folder, so its hashes hold.

    Raises
    ------
    ReleaseError
        The folder exists, or the engines differ by more than `AGREEMENT`.
    """
    if folder.exists():
        raise ReleaseError(
            f"{folder} is there already: choose another version, a release is never overwritten"
        )
    content = convert(serving_network(network))
    engine = LiteRtEngine(content, len(os.sched_getaffinity(0)))
    classifier = UnreleasedClassifier(engine, facts.abstention, facts.calibration, facts.thresholds)
    _check_agreement(classifier, facts.calibration, network, pictures)
    description = describe(classifier)
    folder.mkdir(parents=True)
    (folder / NETWORK).write_bytes(content)
    network.save_weights(folder / WEIGHTS)
    (folder / ABSTENTION).write_bytes(facts.abstention.to_bytes())
    (folder / CARD).write_text(description.card, encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "name": facts.name,
        "version": facts.version,
        "classes": list(CLASSES),
        "network": NETWORK,
        "weights": WEIGHTS,
        "abstention": ABSTENTION,
        "thresholds": asdict(facts.thresholds),
        "calibration": asdict(facts.calibration),
        "pipeline_version": facts.pipeline_version,
        "shape": shape_of(network).as_plain(),
        "training": facts.training,
        "evaluation": description.figures,
        "reference": description.reference.as_plain(),
        "files": {name: _entry(folder / name) for name in (NETWORK, WEIGHTS, ABSTENTION, CARD)},
    }
    text = json.dumps(manifest, indent=2, allow_nan=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return open_release(folder)


def _entry(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _check_agreement(
    classifier: Classifier, calibration: Calibration, network: keras.Model, pictures: NDArray[np.uint16]
) -> None:
    """Compare the probabilities of both engines, calibrated and not."""
    logits = np.concatenate(
        [
            np.asarray(network(to_network_input(pictures[start : start + 32]), training=False)["logit"])[:, 0]
            for start in range(0, len(pictures), 32)
        ]
    )
    for logit, prediction in zip(logits.tolist(), classifier.classify(pictures), strict=True):
        if (
            prediction is None
            or abs(prediction.score - calibration.score(logit)) > AGREEMENT
            or abs(sigmoid(prediction.logit) - sigmoid(logit)) > AGREEMENT
        ):
            raise ReleaseError(
                f"LiteRT and Keras differ by more than {AGREEMENT} in a probability: no release is written; "
                "report this with the version of TensorFlow"
            )
