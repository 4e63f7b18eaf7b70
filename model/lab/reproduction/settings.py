"""What a reproduction of the published recipe is asked, and what it made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class PublishedSettings:
    """What to reproduce the published recipe on, and how.

    Parameters
    ----------
    data : Path
        Labelled pictures; see `model.lab.dataset.examples.read_examples`. A manifest with the columns
        `seed_split` and `seed_path` names the public split, one row a file of the public set, copies
        included; without them only the split by patient is measured.
    base_weights : Path
        ImageNet weights of MobileNetV2 without its top, a Keras `.weights.h5`.
    out : Path
        Run folder: prepared pictures, the base's maps, the log, `published.md` and `published.json`.
    seed : int
        Of the weights, the variations, the draws, the folds and the bootstrap.
    variations : int
        Variations of each picture, drawn once; epoch by epoch they take turns. At least 1.
    batch_size : int
        Pictures a step, half of each class.
    epoch_steps, epochs, patience : int
        Validate after so many steps, or once through the larger class if that is less: an epoch. At most so
        many epochs; stop after so many without a lower validation loss.
    learning_rate : float
        Of Adam.
    folds : int
        Of the split by patient, at least 3: one is for the test, one for stopping.
    threads : int
        Of TensorFlow within one operation; 0 leaves the choice to it.
    """

    data: Path
    base_weights: Path
    out: Path
    seed: int = 20
    variations: int = 4
    batch_size: int = 64
    epoch_steps: int = 24
    epochs: int = 10
    patience: int = 2
    learning_rate: float = 1e-4
    folds: int = 5
    threads: int = 0


@dataclass(frozen=True, slots=True)
class PublishedResult:
    """What a reproduction made.

    Parameters
    ----------
    run : Path
        The run folder.
    table : Path
        `published.md` in it.
    figures : dict
        What `published.json` holds.
    """

    run: Path
    table: Path
    figures: dict[str, Any]
