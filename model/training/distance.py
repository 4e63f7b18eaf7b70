"""How far pictures are from those that a fitted network knows.

Imports TensorFlow and scikit-learn: for training only.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.abstention import Abstention, fit_abstention
from model.dataset.votes import source_votes
from model.strangeness import Strangeness
from model.training.abstain import fit_strangeness, statistics_of
from model.training.learner import Learned
from model.training.material import Material
from model.training.train_settings import TrainSettings

_COMPONENTS = 32


def fit_distance(
    material: Material, learned: Learned, rows: Sequence[int], settings: TrainSettings
) -> Strangeness:
    """Learn what is strange to a network.

    Parameters
    ----------
    material : Material
    learned : Learned
    rows : sequence of int
        Examples that it learned from.
    settings : TrainSettings

    Returns
    -------
    Strangeness
    """
    known = np.sort(np.asarray(rows))
    return fit_strangeness(
        learned.halves.network,
        material.inputs[known],
        [material.examples[row] for row in known],
        settings.augmentation_seed,
        strange_of_each=settings.strange_of_each,
    )


def distances_of(
    measure: Strangeness, material: Material, learned: Learned, rows: Sequence[int]
) -> NDArray[np.float64]:
    """Tell how far examples are from those that a network knows: shape (n,), for n at least 1."""
    return measure.distance(statistics_of(learned.halves.network, material.inputs[np.asarray(rows)]))


def plain_distances(
    material: Material, learned: Learned, known: Sequence[int], rows: Sequence[int]
) -> NDArray[np.float64]:
    """Tell the same by the pooled features alone: it costs little, where no release comes of it."""
    ordered = np.sort(np.asarray(known))
    votes = source_votes([material.examples[row] for row in ordered])
    seen = learned.outputs(material.plain[ordered])["features"]
    measure: Abstention = fit_abstention(seen, votes, components=min(_COMPONENTS, len(seen) - 1))
    return measure.distance(learned.outputs(material.plain[np.asarray(rows)])["features"])
