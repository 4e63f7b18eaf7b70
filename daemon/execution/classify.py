"""The network over the frames of scans: inputs in, predictions out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.classifier import Classifier, Prediction
from model.errors import BadNetworkOutput


def classify_scans(
    classifier: Classifier, scans: Sequence[NDArray[np.uint16] | None], batch_size: int
) -> list[list[Prediction | None]]:
    """Run the network over the frames of scans, however many each has, a batch at a time.

    Parameters
    ----------
    classifier : Classifier
    scans : sequence of (ndarray, shape (frames, size, size), uint16, or None)
        None for a scan that needs no prediction.
    batch_size : int
        Most frames that the network sees at once.

    Returns
    -------
    list of list of (Prediction or None)
        For each scan one a frame; None where the network's output was not finite, or had a wrong shape.
    """
    frames = [frame for scan in scans if scan is not None for frame in scan]
    predictions: list[Prediction | None] = []
    for start in range(0, len(frames), batch_size):
        batch = np.stack(frames[start : start + batch_size])  # all frames at once may be a gigabyte
        try:
            predictions += classifier.classify(batch)
        except BadNetworkOutput:
            predictions += [None] * len(batch)
    taken = iter(predictions)
    return [[] if scan is None else [next(taken) for _ in scan] for scan in scans]
