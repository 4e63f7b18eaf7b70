"""The baseline of drift: how scores, decisions and pictures were spread when a release was made.

Kept by label, so that it can be read at any share of fractured scans. A manifest holds it as `reference`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from model.decisions.decision import CLASSES, Decision
from model.drift.appearance import PICTURE_MEASURES
from model.drift.spread import Spread, spread_of

MEASURES: Final = ("score", *PICTURE_MEASURES)


@dataclass(frozen=True, slots=True)
class Reference:
    """How scores, decisions and pictures were spread when a release was made.

    Parameters
    ----------
    sizes : Mapping of str to int
        Scans by label.
    decisions : Mapping of str to (Mapping of str to float)
        By label, the share of each decision.
    spreads : Mapping of str to Spread
        By measure; see `MEASURES`.
    """

    sizes: Mapping[str, int]
    decisions: Mapping[str, Mapping[str, float]]
    spreads: Mapping[str, Spread]

    def size(self, prevalence: float) -> float:
        """Return the effective size of the reference, reweighted to a prevalence.

        Parameters
        ----------
        prevalence : float
            Share of fractured scans, in (0, 1).

        Returns
        -------
        float
            How many scans of a population with this prevalence would be as precise.
        """
        weights = _weights(prevalence)
        return 1 / sum(weights[label] ** 2 / self.sizes[label] for label in CLASSES)

    def rate(self, decision: str, prevalence: float) -> float:
        """Return the share of a decision.

        Parameters
        ----------
        decision : str
        prevalence : float
            Share of fractured scans, in (0, 1).

        Returns
        -------
        float
            In [0, 1].
        """
        weights = _weights(prevalence)
        return sum(weights[label] * self.decisions[label].get(decision, 0.0) for label in CLASSES)

    def shares(self, measure: str, prevalence: float) -> tuple[float, ...]:
        """Return the share of each class of a measure.

        Parameters
        ----------
        measure : str
            One of `MEASURES`.
        prevalence : float
            Share of fractured scans, in (0, 1).

        Returns
        -------
        tuple of float
            They sum to 1.
        """
        weights, spread = _weights(prevalence), self.spreads[measure]
        mixed = sum(weights[label] * np.asarray(spread.shares[label]) for label in CLASSES)
        return tuple(float(share) for share in np.atleast_1d(mixed))

    def mean(self, measure: str, prevalence: float) -> float:
        """Return the mean of a measure.

        Parameters
        ----------
        measure : str
            One of `MEASURES`.
        prevalence : float
            Share of fractured scans, in (0, 1).

        Returns
        -------
        float
        """
        weights = _weights(prevalence)
        return sum(weights[label] * self.spreads[measure].means[label] for label in CLASSES)

    def as_plain(self) -> dict[str, Any]:
        """Return it as a manifest holds it.

        Returns
        -------
        dict
            Of numbers, texts, lists and dictionaries only.
        """
        return asdict(self)


def make_reference(
    labels: Sequence[str],
    decisions: Sequence[str],
    scores: Sequence[float],
    pictures: Sequence[Mapping[str, float]],
) -> Reference:
    """Sum up scans that the network was not trained on, each given once.

    Parameters
    ----------
    labels : sequence of str
        `fractured` or `not_fractured`; both must occur.
    decisions : sequence of str
        Words of `model.decisions.decision.Decision`.
    scores : sequence of float
        Calibrated, in [0, 1].
    pictures : sequence of mapping
        As `model.drift.appearance.measure_picture` gives them.

    Returns
    -------
    Reference

    Raises
    ------
    ValueError
        The four are not of one length, or a label has no scan.
    """
    if len({len(labels), len(decisions), len(scores), len(pictures)}) != 1 or set(labels) != set(CLASSES):
        raise ValueError("scans of both labels are needed, with a decision, a score and a picture each")
    chosen = {label: [one == label for one in labels] for label in CLASSES}
    columns = {"score": list(scores)} | {name: [one[name] for one in pictures] for name in PICTURE_MEASURES}
    return Reference(
        sizes={label: sum(mask) for label, mask in chosen.items()},
        decisions={
            label: _shares_of_decisions([one for one, is_one in zip(decisions, mask, strict=True) if is_one])
            for label, mask in chosen.items()
        },
        spreads={
            name: spread_of({label: np.asarray(values, float)[mask] for label, mask in chosen.items()})
            for name, values in columns.items()
        },
    )


def read_reference(manifest: Mapping[str, Any]) -> Reference:
    """Read the reference of a manifest.

    Parameters
    ----------
    manifest : mapping
        Parsed, not checked.

    Returns
    -------
    Reference

    Raises
    ------
    KeyError, TypeError, ValueError, AttributeError
        There is none, or it is malformed.
    """
    plain = manifest["reference"]
    return Reference(
        sizes={label: int(plain["sizes"][label]) for label in CLASSES},
        decisions={label: _numbers(plain["decisions"][label]) for label in CLASSES},
        spreads={
            name: Spread(
                tuple(float(edge) for edge in plain["spreads"][name]["edges"]),
                {
                    label: tuple(float(one) for one in plain["spreads"][name]["shares"][label])
                    for label in CLASSES
                },
                _numbers(plain["spreads"][name]["means"]),
            )
            for name in MEASURES
        },
    )


def _shares_of_decisions(decisions: Sequence[str]) -> dict[str, float]:
    return _normalised({one.value: float(Counter(decisions)[one.value]) for one in Decision})


def _normalised(counts: Mapping[str, float]) -> dict[str, float]:
    return {name: count / sum(counts.values()) for name, count in counts.items()}


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {str(name): float(value) for name, value in values.items()}


def _weights(prevalence: float) -> dict[str, float]:
    return {"fractured": prevalence, "not_fractured": 1 - prevalence}
