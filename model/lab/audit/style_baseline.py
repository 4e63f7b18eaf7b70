"""Style alone on the folds of a cross-validation, to be held against its networks."""

from collections.abc import Sequence
from dataclasses import replace

from model.lab.audit.style_floor import style_out_of_fold
from model.lab.dataset.examples import Example
from model.lab.evaluation.out_of_fold import OutOfFold
from model.lab.evaluation.scored import Scored, uncalibrated

STYLE = "style alone (file attributes and statistics of intensity)"


def style_table(run: OutOfFold, examples: Sequence[Example], seed: int = 0) -> Scored:
    """Let style alone predict the pictures of a cross-validation, in its folds.

    Parameters
    ----------
    run : OutOfFold
    examples : sequence of Example
        The pictures of the run, with the paths of their files.
    seed : int
        Of the classifier.

    Returns
    -------
    Scored
        Fractured or not by the one line at 0.5; the scores are not calibrated.

    Raises
    ------
    DatasetError
        scikit-learn is not installed.
    """
    path_of = {one.sha256: one.path for one in examples}
    found = [replace(one, path=path_of[one.sha256]) for one in run.scored.examples]
    logits = style_out_of_fold(found, run.folds, seed=seed)
    return uncalibrated(run.scored.examples, logits)
