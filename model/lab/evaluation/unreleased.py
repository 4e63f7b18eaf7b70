"""A network that is in no release classifies: that of a fold, or one before its release is written."""

import numpy as np
from numpy.typing import NDArray

from model.classifier import Prediction, predict, to_network_input
from model.decisions.abstention import Abstention
from model.decisions.calibration import Calibration
from model.decisions.decision import Thresholds
from model.decisions.strangeness import Strangeness
from model.engines import Engine
from model.errors import ReleaseError
from model.reading.network_input import INPUT_SIZE
from model.release import Release

_BATCH = 16


class UnreleasedClassifier:
    """A network with its calibration and its lines.

    Parameters
    ----------
    engine : Engine
        Holds the network.
    judge : Abstention or Strangeness
        Knows the pictures that the network learned from.
    calibration : Calibration
        Of a fold's network: fitted on the other folds.
    thresholds : Thresholds
        Likewise.
    input_size : int
        Rows and columns of the network's pictures.
    """

    def __init__(
        self,
        engine: Engine,
        judge: Abstention | Strangeness,
        calibration: Calibration,
        thresholds: Thresholds,
        input_size: int = INPUT_SIZE,
    ) -> None:
        self.input_size = input_size
        self._engine = engine
        self._judge = judge
        self._calibration = calibration
        self._thresholds = thresholds

    @property
    def release(self) -> Release:
        """There is none.

        Raises
        ------
        ReleaseError
            Always.
        """
        raise ReleaseError("this network belongs to no release; ask the released one")

    def classify(self, inputs: NDArray[np.uint16]) -> list[Prediction | None]:
        """Classify pictures; see `model.classifier.Classifier.classify`."""
        outputs = self._engine.evaluate(to_network_input(inputs))
        distances = self._judge.distance(getattr(outputs, self._judge.output))
        return [
            predict(float(logit), float(distance), heat_map, self._calibration, self._thresholds)
            for logit, distance, heat_map in zip(
                outputs.logit[:, 0], distances, outputs.heat_map, strict=True
            )
        ]

    def features(self, inputs: NDArray[np.uint16]) -> NDArray[np.float32]:
        """Return the pooled features (n, 1280) of prepared pictures (n, size, size).

        Parameters
        ----------
        inputs : ndarray, uint16

        Returns
        -------
        ndarray, float32
        """
        batches = [inputs[start : start + _BATCH] for start in range(0, len(inputs), _BATCH)]
        return np.concatenate([self._engine.evaluate(to_network_input(one)).features for one in batches])
