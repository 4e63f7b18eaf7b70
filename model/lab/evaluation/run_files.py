"""Where a cross-validation leaves what its evaluation asks for, in the folder of its run."""

import json
from pathlib import Path
from typing import Any

from model.lab.dataset.examples import DatasetError
from model.lab.evaluation.nested import Aims
from model.network_shape import CELL, NetworkShape
from model.regions import REGIONS

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


def read_run_shape(run: Path) -> NetworkShape:
    """Read which networks a run has.

    Parameters
    ----------
    run : Path

    Returns
    -------
    NetworkShape
        The first kind if the run's settings state no input size: they are older than others.

    Raises
    ------
    DatasetError
        The run's settings are absent or malformed.
    """
    settings = _settings_of(run, "which size of pictures its networks take")
    try:
        if "input_size" not in settings:
            return NetworkShape()
        size = int(settings["input_size"])
    except (ValueError, TypeError) as error:
        raise _refused(run, "which size of pictures its networks take") from error
    return NetworkShape("place", size, size // CELL, REGIONS)


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
    settings = _settings_of(run, "what the lines of the run were drawn for")
    try:
        return Aims(*(float(settings[name]) for name in ("sensitivity", "specificity", "abstain_share")))
    except (ValueError, KeyError, TypeError) as error:
        raise _refused(run, "what the lines of the run were drawn for") from error


def _settings_of(run: Path, meaning: str) -> dict[str, Any]:
    try:
        return dict(json.loads((run / SETTINGS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise _refused(run, meaning) from error


def _refused(run: Path, meaning: str) -> DatasetError:
    return DatasetError(
        f"{run / SETTINGS} does not state {meaning}; leave the run's folder as `model train` wrote it"
    )
