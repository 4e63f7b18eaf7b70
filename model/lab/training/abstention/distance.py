"""How far pictures are from those that a fitted network knows.

Imports TensorFlow and scikit-learn: for training only.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.decisions.abstention import Abstention, fit_abstention
from model.decisions.strangeness import Strangeness
from model.lab.dataset.votes import source_votes
from model.lab.training.abstention.fit import fit_strangeness, statistics_of
from model.lab.training.learner import Learned
from model.lab.training.material import Material
from model.lab.training.train_settings import TrainSettings

_COMPONENTS = 32


def fit_judge(
    material: Material, learned: Learned, rows: Sequence[int], settings: TrainSettings
) -> Abstention | Strangeness:
    """Learn what is strange to a network: by the pooled features alone, where no release comes of it.

    Parameters
    ----------
    material : Material
    learned : Learned
    rows : sequence of int
        Examples that it learned from.
    settings : TrainSettings

    Returns
    -------
    Abstention or Strangeness
    """
    if settings.view == "whole":
        return fit_distance(material, learned, rows, settings)
    known = np.sort(np.asarray(rows))
    votes = source_votes([material.examples[row] for row in known])
    seen = learned.outputs(material.inputs[known])["features"]
    return fit_abstention(seen, votes, components=min(_COMPONENTS, len(seen) - 1))


def fit_distance(
    material: Material, learned: Learned, rows: Sequence[int], settings: TrainSettings
) -> Strangeness:
    """Learn what is strange to a network that is released.

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
        learned.network,
        material.inputs[known],
        [material.examples[row] for row in known],
        settings.augmentation_seed,
        strange_of_each=settings.strange_of_each,
        watch=learned.watch,
    )


def distances_of(
    judge: Abstention | Strangeness, material: Material, learned: Learned, rows: Sequence[int]
) -> NDArray[np.float64]:
    """Return how far examples are from those that a network knows.

    Parameters
    ----------
    judge : Abstention or Strangeness
    material : Material
    learned : Learned
    rows : sequence of int
        The examples, n, at least 1.

    Returns
    -------
    ndarray, shape (n,), float64
        At least 0; larger is stranger.
    """
    chosen = np.asarray(rows)
    if isinstance(judge, Strangeness):
        return judge.distance(statistics_of(learned.watch, material.inputs[chosen]))
    return judge.distance(learned.outputs(material.inputs[chosen])["features"])
