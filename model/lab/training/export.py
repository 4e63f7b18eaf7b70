"""From a trained network to a released model that LiteRT serves; both engines must agree first.

Imports TensorFlow: for training only.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from model.classifier import open_classifier, to_network_input
from model.decisions.abstention import Abstention
from model.decisions.calibration import Calibration, sigmoid
from model.decisions.decision import CLASSES, Thresholds
from model.decisions.strangeness import Strangeness
from model.drift.reference import Reference
from model.errors import ReleaseError
from model.network import serving_network
from model.release import FORMAT, MANIFEST, Release, open_release

NETWORK = "network.tflite"
WEIGHTS = "network.weights.h5"
ABSTENTION = "abstention.npz"
CARD = "MODEL_CARD.md"

AGREEMENT = 1e-4
"""Greatest difference of a probability between Keras and LiteRT."""


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
        As `model.network.serving_network` or `build_network` gives it, with the `gap` head.

    Returns
    -------
    bytes
    """
    # Not by way of a concrete function or a saved model: TensorFlow 2.21 leaves the variables in those as
    # variables, which LiteRT never fills, and every output is NaN.
    return bytes(tf.lite.TFLiteConverter.from_keras_model(network).convert())


def write_release(
    folder: Path,
    network: keras.Model,
    facts: ReleaseFacts,
    pictures: NDArray[np.uint16],
    convert: Callable[[keras.Model], bytes] = to_litert,
) -> Release:
    """Write a release, still without its card, and check that LiteRT says what Keras says.

    Parameters
    ----------
    folder : Path
        Must not exist: a release is never overwritten.
    network : keras.Model
        With the `gap` head.
    facts : ReleaseFacts
    pictures : ndarray, shape (n, 224, 224), uint16
        Prepared pictures on which the engines are compared; n at least 1.
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
    folder.mkdir(parents=True)
    (folder / NETWORK).write_bytes(convert(serving_network(network)))
    network.save_weights(folder / WEIGHTS)
    (folder / ABSTENTION).write_bytes(facts.abstention.to_bytes())
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
        "training": facts.training,
    }
    release = _write_manifest(folder, manifest, (NETWORK, WEIGHTS, ABSTENTION))
    _check_agreement(release, network, pictures)
    return release


def complete_release(
    release: Release, card: str, evaluation: dict[str, Any], reference: Reference
) -> Release:
    """Add the card and the figures, which only a working release can give.

    Parameters
    ----------
    release : Release
        As `write_release` gave it.
    card : str
        Text of MODEL_CARD.md.
    evaluation : dict
        Figures on test patients, for machines: `model.lab.evaluation.assessment.Assessment.as_plain`.
    reference : Reference
        What the daemon's scans are compared with in time.

    Returns
    -------
    Release
        Opened anew; its identity is final.
    """
    (release.path / CARD).write_text(card, encoding="utf-8")
    manifest = json.loads((release.path / MANIFEST).read_text(encoding="utf-8"))
    evaluated = {**manifest, "evaluation": evaluation, "reference": reference.as_plain()}
    return _write_manifest(release.path, evaluated, (NETWORK, WEIGHTS, ABSTENTION, CARD))


def _write_manifest(folder: Path, manifest: dict[str, Any], names: tuple[str, ...]) -> Release:
    listed = {**manifest, "files": {name: _entry(folder / name) for name in names}}
    (folder / MANIFEST).write_text(json.dumps(listed, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return open_release(folder)


def _entry(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def _check_agreement(release: Release, network: keras.Model, pictures: NDArray[np.uint16]) -> None:
    """Compare the calibrated probabilities of both engines."""
    logits = np.concatenate(
        [
            np.asarray(network(to_network_input(pictures[start : start + 32]), training=False)["logit"])[:, 0]
            for start in range(0, len(pictures), 32)
        ]
    )
    expected = [release.calibration.score(float(logit)) for logit in logits]
    plain = [sigmoid(float(logit)) for logit in logits]
    given = open_classifier(release).classify(pictures)
    for calibrated, raw, prediction in zip(expected, plain, given, strict=True):
        if (
            prediction is None
            or abs(prediction.score - calibrated) > AGREEMENT
            or abs(sigmoid(prediction.logit) - raw) > AGREEMENT
        ):
            raise ReleaseError(
                f"LiteRT and Keras differ by more than {AGREEMENT} in a probability: the release at "
                f"{release.path} must not be used; report this with the version of TensorFlow"
            )
