"""The seam between the queue and the work: what an executor gives, wherever it runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from model.classifier import Prediction
from model.release import Release

if TYPE_CHECKING:
    from concurrent.futures import Future

    from daemon.decoding.messages import Decoded


@dataclass(frozen=True, slots=True)
class Classified:
    """What the network says about the scans of a batch.

    Parameters
    ----------
    predictions : sequence of sequence of (Prediction or None)
        For each scan, in order, one a frame; None where the network's output was not finite.
    seconds : float
        That the network took.
    """

    predictions: Sequence[Sequence[Prediction | None]] = ()
    seconds: float = 0.0


class Executor(Protocol):
    """Decodes files and classifies batches; it knows neither the spool's order nor the database.

    Its methods return at once, and may be called from any thread.
    """

    @property
    def release(self) -> Release:
        """The release that classifies."""
        ...

    @property
    def workers(self) -> int:
        """How many files are decoded at once."""
        ...

    @property
    def slow(self) -> int:
        """How many files are in the slow lane; those behind them need not wait for them."""
        ...

    def hold(self, *, is_held: bool) -> None:
        """Begin with nothing more of the slow lane, or go on with it.

        Parameters
        ----------
        is_held : bool
        """
        ...

    def decode(self, path: bytes) -> "Future[Decoded]":
        """Hash and decode a claimed file; see `daemon.decoding.pool.DecoderPool.decode`."""
        ...

    def classify(self, scans: Sequence[NDArray[np.uint16]]) -> "Future[Classified]":
        """Run the network over scans.

        Parameters
        ----------
        scans : sequence of ndarray, shape (frames, size, size), uint16

        Returns
        -------
        Future of Classified
            With what the network raised, if that is no output of a wrong shape.
        """
        ...

    def close(self) -> None:
        """End the work that has not begun; returns when the network is through with what has."""
        ...
