"""A training's settings, progress and result."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from model.lab.dataset.examples import DatasetError
from model.lab.dataset.views import View
from model.lab.training.augment import STEPS
from model.lab.training.schedule import Schedule
from model.reading.network_input import INPUT_SIZE

OPTIONS = frozenset({"name", "version", "seed", "folds", "seeds", "view", "steps", "batch_size", "threads"})
"""Settings that have an option of their own; the other values are set by `--set NAME=VALUE`."""

_MOST_STEPS_UNSEEN = 100


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """What to train on, how, and where the result goes.

    Parameters
    ----------
    data : Path
        Labelled pictures; see `model.lab.dataset.examples.read_examples`.
    base_weights : Path or None
        ImageNet weights of MobileNetV2 without its top, a Keras `.weights.h5`; None takes random ones, with
        which nothing but the machinery can be shown.
    out : Path
        Run folder: prepared pictures, the log of the training, and `NAME-VERSION/`, the release.
    name, version : str
        Of the release.
    notes : Path, optional
        Markdown about the data, for the card.
    seed : int
        Of the split, the weights, the draws and the bootstrap: the same seed gives the same run.
    folds : int
        Measure by a cross-validation of so many folds, and release a network that learned from all patients;
        0 splits the patients once into training, validation and test.
    seeds : int
        Trainings of each fold, with `seed` and those that follow it.
    view : {"whole", "reduced", "no-centre"}
        What networks see, for shortcuts; see `model.lab.dataset.views`. All but `whole` make no release.
    make_release : bool
        Whether to end in a release; without one a single split ends with its weights, unmeasured.
    steps, batch_size : int
        Length of the schedule, and pictures a step.
    input_size : int
        Rows and columns of the network's input, a multiple of 32.
    small_steps : int
        Steps with pictures of 5/7 of that size; they come before those of the full size.
    close_up_steps : int
        The very first steps, with close-ups of half that size where boxes say what they show.
    settle_after : int
        From this step on the early blocks of the network learn no more, which saves a third of a step; 0 lets
        all learn to the end.
    learning_rate, weight_decay : float
        Of AdamW.
    warm_up_steps : int
        The first of the steps, over which the learning rate rises from 0.
    start_from : Path, optional
        Folder of a run with the same folds and seeds, as one with a smaller input: each fitting goes on where
        that of the same fold ended.
    augmentation_seed : int
        Of the strange pictures, the same in all folds and seeds.
    without : str
        Steps of the variations that are left out, `tone+cover`; see `model.lab.training.augment.STEPS`.
    averaging : float
        Momentum of the moving average of weights and statistics, which is what is kept.
    validate_every : int
        Validate, and write a checkpoint, after so many steps; 0 does it ten times, and at least each 100
        steps.
    patience : int
        Stop after so many validations without a better one; those before pictures have their full size do
        not count. With 0 there is no early stopping: a cross-validation then learns from all patients of the
        other folds.
    dropout, smoothing : float
    sensitivity, specificity : float
        For which the lines of rule-out and rule-in are drawn on patients that were held out.
    abstain_share : float
        Share of the held-out sources that may be called strange, each provenance weighing the same.
    strange_of_each : int
        Strange pictures of each kind, from which abstaining is learned.
    threads : int
        Of TensorFlow; 0 takes each core. Another number gives other weights, in their last digits.
    cache : Path, optional
        Where prepared pictures are kept; else in the run folder. Runs may share it, one after the other.
    leave_out : tuple of str
        Sources of the data that are not used; see `model.lab.dataset.examples.without_sources`.
    train_only : tuple of str
        Batches that are learned from and never measured on, as one whose pictures are all fractured.
    unrelated : bool
        Each file is a picture and a patient of its own; without it, data in which nothing says what
        belongs together are refused.
    resume : bool
        Go on with the run that is in `out`.
    """

    data: Path
    base_weights: Path | None
    out: Path
    name: str = "inboxray-mobilenetv2"
    version: str = "1.0.0"
    notes: Path | None = None
    seed: int = 20
    folds: int = 0
    seeds: int = 1
    view: View = "whole"
    make_release: bool = True
    input_size: int = INPUT_SIZE
    steps: int = 1600
    small_steps: int = 700
    close_up_steps: int = 0
    settle_after: int = 0
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.03
    warm_up_steps: int = 100
    start_from: Path | None = None
    augmentation_seed: int = 0
    without: str = ""
    averaging: float = 0.997
    validate_every: int = 0
    patience: int = 0
    dropout: float = 0.2
    smoothing: float = 0.03
    sensitivity: float = 0.95
    specificity: float = 0.95
    abstain_share: float = 0.025
    strange_of_each: int = 80
    threads: int = 0
    cache: Path | None = None
    leave_out: tuple[str, ...] = ()
    train_only: tuple[str, ...] = ()
    unrelated: bool = False
    resume: bool = False

    @property
    def schedule(self) -> Schedule:
        """Sizes of the pictures by step."""
        close_ups = min(self.close_up_steps, self.steps)
        small = min(self.small_steps, self.steps - close_ups)
        return Schedule(self.input_size, self.steps, small, close_ups)

    @property
    def validation_steps(self) -> int:
        """Steps from one validation to the next."""
        return self.validate_every or max(1, min(_MOST_STEPS_UNSEEN, self.steps // 10))

    @property
    def fittings(self) -> int:
        """How many networks are fitted."""
        if not self.folds:
            return 1
        return self.folds * self.seeds + (self.make_release and self.view == "whole")

    def left_out_steps(self) -> frozenset[str]:
        """Return the steps of the variations that are left out.

        Returns
        -------
        frozenset of str

        Raises
        ------
        DatasetError
            There is no such step.
        """
        named = frozenset(self.without.split("+")) if self.without else frozenset[str]()
        unknown = sorted(named - set(STEPS))
        if unknown:
            raise DatasetError(
                f"variations have no step {unknown[0]!r} to leave out; give one of {', '.join(STEPS)}, "
                "or several with + between them"
            )
        return named

    def as_plain(self) -> dict[str, Any]:
        """Return what the result depends on, as JSON: no paths, which differ between machines.

        Returns
        -------
        dict of str to object
        """
        left_out = {"data", "base_weights", "out", "notes", "cache", "resume", "start_from"}
        names = (field.name for field in fields(self))
        plain = {name: getattr(self, name) for name in names if name not in left_out}
        return {**plain, "leave_out": list(self.leave_out), "train_only": list(self.train_only)}


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a training stands.

    Parameters
    ----------
    stage : str
        `read`, `prepare`, `squares`, `fit`, `calibrate`, `export`, `evaluate` or `done`.
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
        The release in it; None if none was wanted; the figures are in the log.
    """

    run: Path
    release: Path | None


def release_folder(settings: TrainSettings) -> Path:
    """Return the folder of the release within the run folder.

    Parameters
    ----------
    settings : TrainSettings

    Returns
    -------
    Path
    """
    return settings.out / f"{settings.name}-{settings.version}"


def command_of(settings: TrainSettings) -> str:
    """Return the command that makes the release again; paths by their names alone.

    Parameters
    ----------
    settings : TrainSettings

    Returns
    -------
    str
    """
    base = settings.base_weights.name if settings.base_weights else "RANDOM"
    words = ["inboxray model train --data", settings.data.name, "--base-weights", base, "--out RUN"]
    words += ["--notes", settings.notes.name] if settings.notes else []
    usual = TrainSettings(settings.data, settings.base_weights, settings.out).as_plain()
    words += ["--start-from", settings.start_from.name] if settings.start_from else []
    for name in settings.leave_out:
        words += ["--leave-out", name]
    for name in settings.train_only:
        words += ["--train-only", name]
    words += ["--unrelated"] if settings.unrelated else []
    for name, value in settings.as_plain().items():
        option = name.replace("_", "-")
        if name in OPTIONS and (value != usual[name] or name in {"name", "version", "seed"}):
            words += [f"--{option}", str(value)]
        elif name not in OPTIONS | {"leave_out", "train_only", "unrelated"} and value != usual[name]:
            words += ["--set", f"{name}={value}"]
    return " ".join(words)
