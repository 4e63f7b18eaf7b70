"""The region of the body alone on the folds of a cross-validation, to be held against its networks.

Hands are fractured more often than hips: a network could guess the label a little by the region.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from model.lab.dataset.examples import DatasetError, Example
from model.lab.dataset.votes import source_votes
from model.lab.evaluation.out_of_fold import OutOfFold
from model.lab.evaluation.scored import Scored, uncalibrated

REGION = "the region of the body alone"

_BEFORE = 1.0
"""Votes of each label that a region has before any is counted: one that no other fold has says nothing."""


def region_table(run: OutOfFold, examples: Sequence[Example]) -> Scored:
    """Let the region predict the pictures of a cross-validation: by how often it is fractured in other folds.

    Parameters
    ----------
    run : OutOfFold
    examples : sequence of Example
        The pictures of the run, with their regions.

    Returns
    -------
    Scored
        Fractured or not by the one line at 0.5; the scores are not calibrated.

    Raises
    ------
    DatasetError
        No picture's region is known.
    """
    region_of = {one.sha256: one.annotations.region or "" for one in examples}
    pictures = run.scored.examples
    regions = [region_of[one.sha256] for one in pictures]
    if not any(regions):
        raise DatasetError("no picture has a region: give data whose manifest has the column region")
    votes, held = source_votes(pictures), np.asarray(run.folds)
    logits = np.zeros(len(pictures))
    for fold in np.unique(held):
        counts: dict[str, list[float]] = defaultdict(lambda: [_BEFORE, _BEFORE])
        for row in np.flatnonzero(held != fold):
            counts[regions[row]][pictures[row].label] += votes[row]
        for row in np.flatnonzero(held == fold):
            sound, fractured = counts[regions[row]]
            logits[row] = np.log(fractured / sound)
    return uncalibrated(pictures, logits)
