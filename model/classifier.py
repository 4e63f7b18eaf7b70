"""From prepared pictures to predictions, by a release and an engine."""

import os
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from model.decisions.abstention import Abstention
from model.decisions.calibration import Calibration
from model.decisions.decision import Decision, Thresholds, decide
from model.decisions.strangeness import Strangeness, read_abstaining
from model.engines import Engine, Outputs
from model.errors import BadNetworkOutput, EngineError, ReleaseError
from model.network_shape import NetworkShape
from model.reading.network_input import MEASURED_ALIKE, PIPELINE_VERSION
from model.release import Release

EngineName = Literal["litert", "tensorflow"]

FEATURES = 1280


@dataclass(frozen=True, slots=True)
class Prediction:
    """The answer of a release for one picture.

    Parameters
    ----------
    logit : float
        The network's output, finite.
    score : float
        Calibrated probability of `fractured` at the calibration's prevalence, in [0, 1].
    distance : float
        How unlike the training pictures it is, at least 0; larger is stranger.
    decision : Decision
        By the release's thresholds, from `score` and `distance`.
    heat_map : ndarray, shape (cells, cells), float32
        Evidence for `fractured` by place, in logits; rows from the top of the letterboxed picture.
    region : str, optional
        The part of the body that the network sees, one of the release's; None if it distinguishes none.
    """

    logit: float
    score: float
    distance: float
    decision: Decision
    heat_map: NDArray[np.float32]
    region: str | None = None


class Classifier(Protocol):
    """What classifies; not for use by two threads at once."""

    @property
    def release(self) -> Release:
        """The release whose predictions these are."""
        ...

    @property
    def input_size(self) -> int:
        """Rows and columns of the pictures that it classifies."""
        ...

    def classify(self, inputs: NDArray[np.uint16]) -> list[Prediction | None]:
        """Classify pictures.

        Parameters
        ----------
        inputs : ndarray, shape (n, size, size), uint16
            As `model.reading.prepare` gives them at the release's input size; n may be 0.

        Returns
        -------
        list of (Prediction or None)
            One a picture, in order; None where the network's output was not finite. Each equals what the
            picture alone would give, within 1e-5.

        Raises
        ------
        BadNetworkOutput
            The outputs have the wrong shape.
        ValueError
            The inputs have the wrong shape or type.
        """
        ...


class ReleaseClassifier:
    """A release in an engine.

    Parameters
    ----------
    release : Release
    engine : Engine
        Holds the release's network.
    abstention : Abstention or Strangeness
        The release's own.
    """

    def __init__(self, release: Release, engine: Engine, abstention: Abstention | Strangeness) -> None:
        self._release = release
        self._engine = engine
        self._abstention = abstention

    @property
    def release(self) -> Release:
        """The release whose predictions these are."""
        return self._release

    @property
    def input_size(self) -> int:
        """Rows and columns of the pictures that it classifies."""
        return self._release.shape.input_size

    def classify(self, inputs: NDArray[np.uint16]) -> list[Prediction | None]:
        """Classify pictures; see `Classifier.classify`."""
        size = self.input_size
        if inputs.dtype != np.uint16 or inputs.shape[1:] != (size, size):
            raise ValueError(f"inputs are uint16 (n, {size}, {size}), not {inputs.dtype} {inputs.shape}")
        if not len(inputs):
            return []
        outputs = self._engine.evaluate(to_network_input(inputs))
        _check_shapes(outputs, len(inputs), self._abstention, self._release.shape)
        # Its last bits hang on which pictures are beside it, by the order of sums: rounded, they do not.
        distances = self._abstention.distance(getattr(outputs, self._abstention.output)).astype(np.float32)
        return [
            predict(
                float(logit),
                float(distance),
                heat_map,
                self._release.calibration,
                self._release.thresholds,
                region,
            )
            for logit, distance, heat_map, region in zip(
                outputs.logit[:, 0],
                distances,
                outputs.heat_map,
                named_regions(outputs, self._release.shape),
                strict=True,
            )
        ]


def predict(
    logit: float,
    distance: float,
    heat_map: NDArray[np.float32],
    calibration: Calibration,
    thresholds: Thresholds,
    region: str | None = None,
) -> Prediction | None:
    """Turn the network's outputs for one picture into a prediction.

    Parameters
    ----------
    logit : float
    distance : float
        As `Abstention.distance` or `Strangeness.distance` gives it.
    heat_map : ndarray, shape (cells, cells), float32
    calibration : Calibration
    thresholds : Thresholds
    region : str, optional

    Returns
    -------
    Prediction or None
        None if a number is not finite.
    """
    if not (np.isfinite(logit) and np.isfinite(distance) and np.isfinite(heat_map).all()):
        return None
    score = calibration.score(logit)
    decision = decide(score, distance, thresholds)
    return Prediction(logit, score, distance, decision, heat_map.astype(np.float32), region)


def named_regions(outputs: Outputs, shape: NetworkShape) -> list[str | None]:
    """Name the part of the body that each picture shows most likely.

    Parameters
    ----------
    outputs : Outputs
    shape : NetworkShape
        Of the release; its `regions` are the names.

    Returns
    -------
    list of (str or None)
        One a picture; None from a network that distinguishes none, and where its output is not finite.
    """
    if outputs.region is None or not shape.regions:
        return [None] * len(outputs.logit)
    return [
        shape.regions[int(np.argmax(logits))] if np.isfinite(logits).all() else None
        for logits in outputs.region
    ]


def to_network_input(inputs: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Scale prepared pictures to the network's input.

    Parameters
    ----------
    inputs : ndarray, shape (n, size, size), uint16

    Returns
    -------
    ndarray, shape (n, size, size, 1), float32
        In [0, 1].
    """
    return (inputs.astype(np.float32) / np.float32(65535.0))[..., None]


def _check_shapes(
    outputs: Outputs, count: int, abstention: Abstention | Strangeness, shape: NetworkShape
) -> None:
    looked_at = getattr(outputs, abstention.output)
    expected = ((count, 1), (count, shape.map_size, shape.map_size), (count, abstention.size))
    given = (outputs.logit.shape, outputs.heat_map.shape, None if looked_at is None else looked_at.shape)
    regions = (count, len(shape.regions)) if shape.regions else None
    if regions is not None:
        expected, given = (*expected, regions), (*given, getattr(outputs.region, "shape", None))  # type: ignore[assignment]
    if given != expected:
        raise BadNetworkOutput(
            f"the network gave outputs of shapes {given} where {expected} are due; verify the release "
            "with `inboxray model verify`"
        )


def open_classifier(release: Release, engine: EngineName = "litert", threads: int = 0) -> Classifier:
    """Load a release into an engine.

    Parameters
    ----------
    release : Release
        As `model.release.open_release` gives it.
    engine : {"litert", "tensorflow"}
        `litert` serves; `tensorflow` is the reference and needs the extra `train`.
    threads : int
        Threads for the network; 0 takes each core that this process may use.

    Returns
    -------
    Classifier

    Raises
    ------
    EngineError
        The engine is unknown or not installed.
    ReleaseError
        A file of the release changed since it was opened, or does not load, or the release was measured with
        another version of `model.reading.prepare`: what was measured is what runs.
    """
    if release.pipeline_version not in MEASURED_ALIKE:
        raise ReleaseError(
            f"the release {release.label} was measured with version {release.pipeline_version} of the way "
            f"from bytes to network input, and this is version {PIPELINE_VERSION}: its figures do not hold "
            "here; use the release that ships with this inboxray, or train another"
        )
    count = threads or len(os.sched_getaffinity(0))
    abstention = read_abstaining(release.read(release.abstention_file), FEATURES)
    opened: Engine
    if engine == "litert":
        from model.engines.litert import LiteRtEngine

        opened = LiteRtEngine(release.read(release.network_file), count)
    elif engine == "tensorflow":
        from model.engines.tensorflow import TensorFlowEngine

        opened = TensorFlowEngine(release.read(release.weights_file), count, release.shape)
    else:
        raise EngineError(f'there is no engine "{engine}": choose "litert" or "tensorflow"')
    return ReleaseClassifier(release, opened, abstention)
