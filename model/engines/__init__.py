"""The runtimes that can evaluate a released network; each imports its library only when asked for."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Outputs:
    """The network's outputs for n pictures, as float32.

    Parameters
    ----------
    logit : ndarray, shape (n, 1)
    heat_map : ndarray, shape (n, cells, cells)
        Evidence for `fractured` by place: of the head `gap` shares of the logit, whose mean plus the head's
        bias it is; of the head `place` the log-odds of a fracture in each cell.
    features : ndarray, shape (n, 1280)
    statistics : ndarray, shape (n, statistics), optional
        Of the middle layers; None from a network without that output.
    region : ndarray, shape (n, regions), optional
        Logits of the parts of the body; None from a network without that output.
    """

    logit: NDArray[np.float32]
    heat_map: NDArray[np.float32]
    features: NDArray[np.float32]
    statistics: NDArray[np.float32] | None = None
    region: NDArray[np.float32] | None = None


class Engine(Protocol):
    """A runtime with the network of a release in it."""

    def evaluate(self, pictures: NDArray[np.float32]) -> Outputs:
        """Evaluate pictures.

        Parameters
        ----------
        pictures : ndarray, shape (n, size, size, 1), float32
            In [0, 1]; n is at least 1.

        Returns
        -------
        Outputs

        Raises
        ------
        BadNetworkOutput
            The runtime failed on a picture.
        """
        ...


__all__ = ["Engine", "Outputs"]
