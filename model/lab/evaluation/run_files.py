"""Where a cross-validation leaves what its evaluation asks for, in the folder of its run."""

import json
from pathlib import Path

from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.nested import Aims

SETTINGS = "settings.json"
WEIGHTS = "network.weights.h5"
JUDGE = "abstention.npz"
OUT_OF_FOLD = "out_of_fold.csv"


def fold_folder(run: Path, seed: int, fold: int) -> Path:
    """Return the folder of one fold's network: its `WEIGHTS`, and its `JUDGE` of what is strange to it.

    Parameters
    ----------
    run : Path
    seed, fold : int

    Returns
    -------
    Path
    """
    return run / "folds" / f"seed-{seed}-fold-{fold}"


def read_aims(run: Path) -> Aims:
    """Read what the lines of a run were drawn for.

    Parameters
    ----------
    run : Path

    Returns
    -------
    Aims

    Raises
    ------
    DatasetError
        The run's settings are absent, or lack it.
    """
    path = run / SETTINGS
    try:
        aims = json.loads(path.read_text(encoding="utf-8"))
        return Aims(*(float(aims[name]) for name in ("sensitivity", "specificity", "abstain_share")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path} does not tell what the lines of the run were drawn for; leave the run's folder as "
            "`model train` wrote it"
        ) from error
