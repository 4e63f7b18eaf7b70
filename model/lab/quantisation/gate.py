"""What a network in fewer bits changes: probabilities, decisions, order, size and time; and the gate."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.classifier import Classifier
from model.decisions.decision import Decision
from model.lab.evaluation.bootstrap import draw_votes, interval
from model.lab.evaluation.scored import Scored
from model.lab.evaluation.sources import mean_votes
from model.lab.statistics.metrics import Interval
from model.lab.statistics.ranking import auroc_of


@dataclass(frozen=True, slots=True)
class Gate:
    """What a variant must keep to be shipped; fixed before anything was measured.

    Parameters
    ----------
    change : float
        Greatest 99th percentile of the absolute change of the calibrated probability.
    flips : int
        Most pictures that go from `fractured` to `not_fractured` or back.
    agreement : float
        Least share of pictures with the same of the four decisions.
    auroc : float
        The 95 % interval of the AUROC's change lies within this, either way.
    """

    change: float = 0.02
    flips: int = 0
    agreement: float = 0.99
    auroc: float = 0.01


@dataclass(frozen=True, slots=True)
class Measured:
    """A variant's size and time.

    Parameters
    ----------
    variant : str
    size : float
        Its bytes, as a share of the float network's.
    duration : float
        Its time for a picture, as a share of the float network's: median over pictures, taken in turn.
    """

    variant: str
    size: float
    duration: float


@dataclass(frozen=True, slots=True)
class Trial:
    """What a variant changes against the float network, on the same pictures.

    Parameters
    ----------
    measured : Measured
    change : float
        99th percentile of the absolute change of the calibrated probability.
    largest_change : float
    flips : int
    agreement : float
    auroc : Interval
        Change of the AUROC, one vote a source, with a paired 95 % interval over patients.
    failed : tuple of str
        Conditions of the gate that it fails, by name; empty if it may be shipped.
    """

    measured: Measured
    change: float
    largest_change: float
    flips: int
    agreement: float
    auroc: Interval
    failed: tuple[str, ...]

    @property
    def variant(self) -> str:
        """Name of the variant."""
        return self.measured.variant


@dataclass(frozen=True, slots=True)
class Untried:
    """A variant that cannot be had.

    Parameters
    ----------
    variant : str
    reason : str
    """

    variant: str
    reason: str


def judge(measured: Measured, floats: Scored, given: Scored, gate: Gate, seed: int) -> Trial:
    """Compare a variant with the float network, and hold it against the gate.

    Parameters
    ----------
    measured : Measured
    floats, given : Scored
        What both say of the same pictures, in the same order.
    gate : Gate
    seed : int
        Of the bootstrap.

    Returns
    -------
    Trial
    """
    changes = np.abs(given.scores - floats.scores)
    opposite = {Decision.FRACTURED, Decision.NOT_FRACTURED}
    pairs = list(zip(floats.decisions, given.decisions, strict=True))
    auroc = _auroc_change(floats, given, seed)
    change = float(np.percentile(changes, 99))
    flips = sum({one, other} == opposite for one, other in pairs)
    agreement = sum(one is other for one, other in pairs) / len(pairs)
    failed = {
        "change": change > gate.change,
        "flips": flips > gate.flips,
        "agreement": agreement < gate.agreement,
        "auroc": not (-gate.auroc <= auroc.low and auroc.high <= gate.auroc),
    }
    return Trial(
        measured, change, float(changes.max()), flips, agreement, auroc,
        tuple(name for name, fails in failed.items() if fails),
    )  # fmt: skip


def _auroc_change(floats: Scored, given: Scored, seed: int) -> Interval:
    """Draw the same patients for both networks."""
    one, other = mean_votes(floats), mean_votes(given)
    votes = draw_votes(one, seed=seed)
    before = auroc_of(one.logits, one.labels, votes)
    return interval(auroc_of(other.logits, other.labels, votes) - before)


def time_ratios(
    floats: Classifier, variants: Mapping[str, Classifier], pictures: NDArray[np.uint16]
) -> dict[str, float]:
    """Time networks in turn, picture by picture: what else the machine does meets all of them.

    Parameters
    ----------
    floats : Classifier
    variants : mapping of str to Classifier
    pictures : ndarray, shape (n, 224, 224), uint16
        The first is not counted: it wakes each network.

    Returns
    -------
    dict of str to float
        Median over pictures of each variant's time as a share of the float network's.
    """
    everyone = {"": floats, **variants}
    seconds: dict[str, list[float]] = {name: [] for name in everyone}
    for picture in pictures:
        for name, classifier in everyone.items():
            begin = time.perf_counter()
            classifier.classify(picture[None])
            seconds[name].append(time.perf_counter() - begin)
    base = np.array(seconds[""][1:])
    return {name: float(np.median(np.array(seconds[name][1:]) / base)) for name in variants}
