"""Whether the heat map shows what raised the score: take that away and see.

References
----------
Adebayo et al. 2018, arXiv:1810.03292: a map that does not change when the weights are random shows edges, and
nothing that the network learned.
Petsiuk et al. 2018, arXiv:1806.07421: deletion as a measure of a map's faith.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.classifier import Classifier, Prediction
from model.errors import BadNetworkOutput

CELLS = 3
"""So many cells of the map are blacked out."""

_BODY = 0.25  # of the brightest cell: below that there is air, or the padding


@dataclass(frozen=True, slots=True)
class Faith:
    """What blacking out cells does to the logit.

    Parameters
    ----------
    pictures : int
    share : float
        Of the pictures in which the map's top cells lower the logit more than cells drawn at random.
    top_drop, random_drop : float
        Mean fall of the logit.
    """

    pictures: int
    share: float
    top_drop: float
    random_drop: float


def faith(
    classifier: Classifier,
    inputs: NDArray[np.uint16],
    *,
    repeats: int = 5,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Faith:
    """Black out the map's top cells, and as many random cells inside the body.

    Parameters
    ----------
    classifier : Classifier
    inputs : ndarray, shape (n, size, size), uint16
        Prepared pictures with a fracture; n at least 1.
    repeats : int
        Draws of random cells for each picture, whose mean fall is compared.
    seed : int
    progress : callable
        Called with how many pictures are done, of how many.

    Returns
    -------
    Faith

    Raises
    ------
    BadNetworkOutput
        An output is not finite.
    """
    rng = np.random.default_rng(seed)
    drops = []
    for index, picture in enumerate(inputs):
        progress(index, len(inputs))
        whole = _predict(classifier, picture[None])[0]
        top = np.argsort(-whole.heat_map.ravel(), kind="stable")[:CELLS]
        across = len(whole.heat_map)
        body = body_cells(picture, across)
        random = [rng.choice(body, min(CELLS, body.size), replace=False) for _ in range(repeats)]
        hidden = np.stack([black_out(picture, cells, across) for cells in (top, *random)])
        logits = np.array([one.logit for one in _predict(classifier, hidden)])
        drops.append((whole.logit - logits[0], whole.logit - logits[1:].mean()))
    progress(len(inputs), len(inputs))
    of_top, of_random = np.array(drops).T
    return Faith(
        len(drops), float((of_top > of_random).mean()), float(of_top.mean()), float(of_random.mean())
    )


def body_cells(picture: NDArray[np.uint16], across: int) -> NDArray[np.intp]:
    """Find the cells that are at least a quarter as bright as the brightest.

    Parameters
    ----------
    picture : ndarray, shape (size, size), uint16
    across : int
        Cells in a row of the map; a divisor of the size.

    Returns
    -------
    ndarray, shape (m,), int
        Their numbers, along rows.
    """
    side = len(picture) // across
    means = picture.reshape(across, side, across, side).mean(axis=(1, 3)).ravel()
    return np.flatnonzero(means >= _BODY * means.max())


def black_out(picture: NDArray[np.uint16], cells: NDArray[np.intp], across: int) -> NDArray[np.uint16]:
    """Black out cells of the map.

    Parameters
    ----------
    picture : ndarray, shape (size, size), uint16
    cells : ndarray, shape (m,), int
        Their numbers, along rows.
    across : int
        Cells in a row of the map; a divisor of the size.

    Returns
    -------
    ndarray, shape (size, size), uint16
    """
    side = len(picture) // across
    hidden = picture.copy()
    for row, column in zip(*np.divmod(cells, across), strict=True):
        hidden[row * side : (row + 1) * side, column * side : (column + 1) * side] = 0
    return hidden


def map_correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Return the mean over pictures of the correlation between two networks' maps.

    Parameters
    ----------
    first, second : ndarray, shape (n, rows, columns)
        Of the same pictures. A map that is the same everywhere correlates with nothing.

    Returns
    -------
    float
        In [-1, 1]; near 0 where one network has random weights and the maps show what was learned.
    """
    flat = [np.asarray(maps, dtype=np.float64).reshape(len(maps), -1) for maps in (first, second)]
    one, other = (_standardised(maps) for maps in flat)
    return float((one * other).sum(axis=1).mean())


def _standardised(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return maps (n, cells) with mean 0 and length 1; 0 where a map is flat but for rounding."""
    centred = maps - maps.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    real = length > 1e-6 * np.linalg.norm(maps, axis=1, keepdims=True)
    return np.asarray(np.divide(centred, length, out=np.zeros_like(centred), where=real))


def _predict(classifier: Classifier, inputs: NDArray[np.uint16]) -> list[Prediction]:
    given = classifier.classify(inputs)
    finite = [prediction for prediction in given if prediction is not None]
    if len(finite) != len(given):
        raise BadNetworkOutput("the network gave an output that is not finite; verify the release")
    return finite
