"""Learn which pictures are strange, from radiographs and from pictures that code made.

Imports TensorFlow and scikit-learn: for training only.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from model.classifier import to_network_input
from model.decisions.abstention import Abstention, fit_abstention
from model.decisions.strangeness import FARTHEST, Strangeness, log_distances, regressors
from model.errors import ReleaseError
from model.lab.dataset.examples import Example
from model.lab.dataset.votes import provenance_votes
from model.lab.training.abstention.spoiled import shutter
from model.lab.training.abstention.synthetic import KINDS, make_strange
from model.lab.training.inference import compiled
from model.network import STATISTICS_OF, serving_network

Float = NDArray[np.float64]

FILES_A_SOURCE = 4
"""Copies teach nothing new."""

MOST_FILES = 2000
"""More radiographs make a fit no better, only longer."""

STRANGE_OF_EACH = 40
"""Strange pictures of each kind."""

COMPONENTS = 32
"""Free directions of a layer's Gaussian."""

_INNER_FOLDS = 4
_INVERSE_PENALTY = 0.03
_SMALLEST_SCALE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Statistics of radiographs, each turned and mirrored.

    Parameters
    ----------
    turned : ndarray, shape (turns, n, d), float64
    votes : ndarray, shape (n,)
        How much each radiograph counts.
    folds : ndarray, shape (n,), int
        Of the patients: a distance is learned from where other patients lie.
    """

    turned: Float
    votes: Float
    folds: NDArray[np.intp]


def fit_strangeness(
    network: keras.Model,
    inputs: NDArray[np.uint16],
    examples: Sequence[Example],
    seed: int,
    *,
    without: frozenset[str] = frozenset(),
    strange_of_each: int | None = None,
    watch: Callable[[Any], Any] | None = None,
) -> Strangeness:
    """Learn what is strange to a network.

    Each radiograph is also taken turned by quarters or mirrored, since a bone may lie in any direction; half
    of these with other contrast and behind a shutter, since few in a collection from the web are and many in
    a hospital. Of the copies of a source a few are taken, and they share its vote; each provenance weighs the
    same, but one of a handful less.

    Parameters
    ----------
    network : keras.Model
        As `model.network.build_network` gives it, fitted.
    inputs : ndarray, shape (n, size, size), uint16
        Prepared radiographs of bones that the network was fitted on.
    examples : sequence of Example
        Of the inputs.
    seed : int
        Of the strange pictures and of the folds.
    without : frozenset of str
        Kinds of strange pictures to leave out; see `model.lab.training.abstention.synthetic.KINDS`.
    strange_of_each : int, optional
        Strange pictures of each kind; else `STRANGE_OF_EACH`.
    watch : callable, optional
        What `watch_statistics` gives for the network, if it is there already.

    Returns
    -------
    Strangeness

    Raises
    ------
    ReleaseError
        There are too few patients.
    """
    rows = _few_per_source(examples)
    pictures, chosen = inputs[rows], [examples[row] for row in rows]
    watch = watch or watch_statistics(network)
    turned = np.stack([_seen(watch, one) for one in (pictures, _varied(pictures, seed))])
    count = (strange_of_each or STRANGE_OF_EACH) * (len(KINDS) - len(without))
    strange, _ = make_strange(pictures, count, seed, without)
    seen = Seen(turned.astype(np.float64), provenance_votes(chosen), _folds(chosen, seed))
    sizes = [2 * network.get_layer("base").get_layer(name).output.shape[-1] for name in STATISTICS_OF]
    return weigh(seen, _seen(watch, strange).astype(np.float64), sizes)


def statistics_of(watch: Callable[[Any], Any], inputs: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Return statistics of a network's middle layers for prepared pictures.

    Parameters
    ----------
    watch : callable
        As `watch_statistics` gives it.
    inputs : ndarray, shape (n, size, size), uint16

    Returns
    -------
    ndarray, shape (n, statistics), float32
    """
    return _seen(watch, inputs)


def watch_statistics(network: keras.Model) -> Callable[[Any], Any]:
    """Compile what gives the statistics, once: that takes longer than hundreds of pictures do.

    Parameters
    ----------
    network : keras.Model

    Returns
    -------
    callable
        Takes a tensor, shape (n, size, size, 1), float32; gives one, shape (n, statistics), float32.
    """
    serving = serving_network(network)
    return compiled(keras.Model(serving.input, serving.output["statistics"]))


def _seen(
    watch: Callable[[Any], Any], inputs: NDArray[np.uint16], batch_size: int = 32
) -> NDArray[np.float32]:
    batches = range(0, len(inputs), batch_size)
    return np.concatenate([watch(to_network_input(inputs[at : at + batch_size])).numpy() for at in batches])


def weigh(seen: Seen, strange: Float, sizes: Sequence[int]) -> Strangeness:
    """Fit the Gaussians of the layers, then the regression that weighs them.

    Parameters
    ----------
    seen : Seen
    strange : ndarray, shape (m, d), float64
        Statistics of strange pictures.
    sizes : sequence of int
        Number of statistics of each layer; their sum is d.

    Returns
    -------
    Strangeness

    Raises
    ------
    ReleaseError
        There are too few patients.
    """
    from sklearn.linear_model import LogisticRegression

    turns, count, _ = seen.turned.shape
    if len(set(seen.folds.tolist())) < 2:
        raise ReleaseError("abstaining is learned from two patients at least; add radiographs of others")
    flat, votes = seen.turned.reshape(turns * count, -1), np.tile(seen.votes, turns)
    folds = np.tile(seen.folds, turns)
    centre = np.average(flat, axis=0, weights=votes)
    spread = np.sqrt(np.average(np.square(flat - centre), axis=0, weights=votes))
    scale = np.concatenate([_floored(part) for part in _split(spread, sizes)])
    scaled = (flat - centre) / scale
    far = np.empty((len(flat), len(sizes)))
    for fold in set(seen.folds.tolist()):  # as far as pictures of patients that a Gaussian has not seen
        held = folds == fold
        far[held] = log_distances(scaled[held], _gaussians(scaled[~held], votes[~held], sizes))
    middle = np.average(far, axis=0, weights=votes)
    usual = np.maximum(np.sqrt(np.average(np.square(far - middle), axis=0, weights=votes)), 1e-3)
    layers = _gaussians(scaled, votes, sizes)
    known = np.clip(np.concatenate([(far - middle) / usual, scaled], axis=1), -FARTHEST, FARTHEST)
    unknown = regressors(strange, centre, scale, layers, middle, usual)
    regression = LogisticRegression(C=_INVERSE_PENALTY, max_iter=1000)
    regression.fit(
        np.concatenate([known, unknown]),
        np.concatenate([np.zeros(len(known)), np.ones(len(unknown))]),
        sample_weight=1000.0
        * np.concatenate([votes / votes.sum(), np.full(len(unknown), 1.0 / len(unknown))]),
    )
    weights, bias = regression.coef_[0].astype(np.float64), float(regression.intercept_[0])
    return Strangeness(centre, scale, layers, middle, usual, weights, bias)


def _gaussians(scaled: Float, votes: Float, sizes: Sequence[int]) -> tuple[Abstention, ...]:
    """Fit a Gaussian around 0 to each layer's statistics."""
    found = []
    for part in _split(scaled, sizes):
        fitted = fit_abstention(part, votes, min(COMPONENTS, part.shape[1] - 1, len(part) // 4))
        rest = max(fitted.residual_variance, _SMALLEST_SCALE)
        variances = np.maximum(fitted.variances, rest)
        found.append(Abstention(np.zeros(part.shape[1]), fitted.components, variances, rest))
    return tuple(found)


def _split(values: Float, sizes: Sequence[int]) -> list[Float]:
    return np.split(values, np.cumsum(sizes)[:-1], axis=-1)


def _floored(spread: Float) -> Float:
    """Keep what hardly varies from counting for much."""
    return np.maximum(spread, max(_SMALLEST_SCALE * float(spread.max()), 1e-6))


def _varied(pictures: NDArray[np.uint16], seed: int) -> NDArray[np.uint16]:
    """Turn each picture by quarters, or mirror it; change the contrast of half of them, behind a shutter."""
    varied = np.empty_like(pictures)
    for index, picture in enumerate(pictures):
        rng = np.random.default_rng((seed, index))
        turns = int(rng.integers(5))
        one = picture[:, ::-1] if turns == 4 else np.rot90(picture, turns)
        if rng.random() < 0.5:
            shown = shutter((one / 65535.0) ** rng.uniform(0.6, 1.6), rng)
            one = np.round(shown * 65535.0).astype(np.uint16)
        varied[index] = one
    return varied


def _few_per_source(examples: Sequence[Example]) -> list[int]:
    taken: dict[str, int] = {}
    rows = []
    for row in sorted(range(len(examples)), key=lambda row: examples[row].sha256):
        source = examples[row].source
        taken[source] = taken.get(source, 0) + 1
        if taken[source] <= FILES_A_SOURCE:
            rows.append(row)
    return _shared_out(rows, [examples[row].provenance for row in rows])


def _shared_out(rows: Sequence[int], names: Sequence[str]) -> list[int]:
    """Return at most `MOST_FILES` rows, in their order; each provenance gives as many as the others may."""
    count = Counter(names)
    most = MOST_FILES
    while sum(min(number, most) for number in count.values()) > MOST_FILES:
        most -= 1
    given: Counter[str] = Counter()
    kept = []
    for row, name in zip(rows, names, strict=True):
        given[name] += 1
        if given[name] <= most:
            kept.append(row)
    return kept


def _folds(examples: Sequence[Example], seed: int) -> NDArray[np.intp]:
    patients = sorted({example.patient for example in examples})
    drawn = np.random.default_rng(seed).permutation(len(patients))
    fold_of = {patients[index]: place % _INNER_FOLDS for place, index in enumerate(drawn)}
    return np.array([fold_of[example.patient] for example in examples], dtype=np.intp)
