"""What a training is asked, what it tells on its way, and what it made."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from model.evaluation.evaluate import Evaluation


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """What to train on, how, and where the result goes.

    Parameters
    ----------
    data : Path
        Labelled pictures; see `model.dataset.examples.read_examples`.
    base_weights : Path
        ImageNet weights of MobileNetV2 without its top, a Keras `.weights.h5`.
    out : Path
        Run folder: prepared pictures, the log of the training, and `NAME-VERSION/`, the release.
    name, version : str
        Of the release.
    notes : Path, optional
        Markdown about the data, for the card.
    head : {"gap", "flatten"}
        `flatten` reproduces the published recipe: weights and figures only, no release.
    seed : int
        Of the split, the weights, the draws and the bootstrap: the same seed gives the same run.
    steps, batch_size : int
        At most so many steps of so many pictures.
    learning_rate : float
        Of Adam at the start.
    warm_up_pictures, warm_up_steps : int
        For the head on frozen features.
    unfreeze_from : str
        First layer of the base that learns; `flatten` keeps the base frozen.
    averaging : float
        Momentum of the moving average of the weights, which is what is kept.
    look_every, patience : int
        Validate after so many steps; stop after so many looks without a better one.
    dropout, smoothing : float
    sensitivity, specificity : float
        For which the lines of rule-out and rule-in are chosen on validation patients. The second is the
        lower one: of 18 sources that are not fractured 0.95 would mean each, so that a single one makes
        most pictures uncertain.
    abstain_share : float
        Share of the validation sources that may be called strange.
    """

    data: Path
    base_weights: Path
    out: Path
    name: str = "inboxray-mobilenetv2"
    version: str = "1.0.0"
    notes: Path | None = None
    head: Literal["gap", "flatten"] = "gap"
    seed: int = 20
    steps: int = 400
    batch_size: int = 32
    learning_rate: float = 2e-4
    warm_up_pictures: int = 1600
    warm_up_steps: int = 200
    unfreeze_from: str = "block_6_expand"
    averaging: float = 0.98
    look_every: int = 40
    patience: int = 8
    dropout: float = 0.4
    smoothing: float = 0.05
    sensitivity: float = 0.95
    specificity: float = 0.90
    abstain_share: float = 0.02


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a training stands.

    Parameters
    ----------
    stage : str
        `read`, `prepare`, `fit`, `calibrate`, `export`, `evaluate` or `done`.
    done, total : int
        Steps of the stage; 0 of 0 if it has none.
    facts : dict
        Figures of the stage, for a log.
    """

    stage: str
    done: int
    total: int
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a training made.

    Parameters
    ----------
    run : Path
        The run folder.
    release : Path or None
        The release in it; None for the head `flatten`.
    evaluation : Evaluation or None
        On test patients; None for the head `flatten`, whose test figure is in the log.
    """

    run: Path
    release: Path | None
    evaluation: Evaluation | None


def release_folder(settings: TrainSettings) -> Path:
    """Give the folder of the release within the run folder."""
    return settings.out / f"{settings.name}-{settings.version}"


def command_of(settings: TrainSettings) -> str:
    """Give the command that makes the release again; paths by their names alone."""
    words = [
        "inboxray model train",
        "--data",
        settings.data.name,
        "--base-weights",
        settings.base_weights.name,
    ]
    words += ["--out", "RUN", "--name", settings.name, "--version", settings.version]
    if settings.notes:
        words += ["--notes", settings.notes.name]
    words += ["--head", settings.head, "--steps", str(settings.steps)]
    words += ["--batch-size", str(settings.batch_size), "--seed", str(settings.seed)]
    return " ".join(words)
