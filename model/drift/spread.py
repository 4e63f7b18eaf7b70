"""How the values of one measure are spread over classes, by label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

_CLASSES: Final = 10


@dataclass(frozen=True, slots=True)
class Spread:
    """How one measure was spread.

    Parameters
    ----------
    edges : tuple of float
        Where one class ends and the next begins, rising; classes are one more than edges.
    shares : Mapping of str to tuple of float
        By label, the share of each class; they sum to 1.
    means : Mapping of str to float
        By label.
    """

    edges: tuple[float, ...]
    shares: Mapping[str, tuple[float, ...]]
    means: Mapping[str, float]

    def count(self, values: Sequence[float]) -> tuple[int, ...]:
        """Count values by class.

        Parameters
        ----------
        values : sequence of float

        Returns
        -------
        tuple of int
            One a class.
        """
        classes = np.searchsorted(np.asarray(self.edges), np.asarray(values, float), side="right")
        return tuple(int(number) for number in np.bincount(classes, minlength=len(self.edges) + 1))


def spread_of(values: Mapping[str, Any]) -> Spread:
    """Spread a measure over tenths of all its values; where many are equal there are fewer classes.

    Parameters
    ----------
    values : mapping of str to ndarray, shape (n,), float
        By label, none empty.

    Returns
    -------
    Spread
    """
    together = np.concatenate(list(values.values()))
    edges = np.unique(np.quantile(together, np.arange(1, _CLASSES) / _CLASSES))
    bare = Spread(tuple(float(edge) for edge in edges), {}, {})
    counted = {label: np.asarray(bare.count(some)) for label, some in values.items()}
    return Spread(
        bare.edges,
        {label: tuple(float(one) for one in counts / counts.sum()) for label, counts in counted.items()},
        {label: float(np.mean(some)) for label, some in values.items()},
    )
