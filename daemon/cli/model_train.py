"""`model train`: train a network, measure it, and make a release of it."""

import os
from contextlib import contextmanager, redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from daemon.cli.fitting_clock import FittingClock
from daemon.cli.native_log import native_log_in
from daemon.cli.options import Places, placed
from daemon.cli.progress import training_progress
from daemon.cli.with_reviews import WithReviews, joined_with_reviews

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model.lab.training.train_settings import Progress, TrainSettings

_NATIVE_LOG: Final = "tensorflow.log"
EXAMPLES: Final = (
    (
        "patients kept apart in five folds",
        "train --data AUDIT/manifest.csv --base-weights BASE --out RUN --folds 5",
    ),
    (
        "go on after a stop",
        "train --data AUDIT/manifest.csv --base-weights BASE --out RUN --folds 5 --resume",
    ),
    (
        "larger pictures, from where that run ended",
        "train --data AUDIT/manifest.csv --base-weights BASE --out NEW --start-from RUN --set input_size=448",
    ),
)
"""What is shown under the options: what for, and the command after `inboxray model`."""


class Head(StrEnum):
    """What stands on the base network."""

    GAP = "gap"
    FLATTEN = "flatten"


class View(StrEnum):
    """What the network is shown of a picture."""

    WHOLE = "whole"
    REDUCED = "reduced"
    NO_CENTRE = "no-centre"


@placed
def train(  # noqa: PLR0913 -- one for each option
    places: Places,
    *,
    data: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="Labelled pictures of any kind that the daemon reads: a folder with sub-folders fractured "
            "and not_fractured, or a manifest.csv, or a folder with one.",
        ),
    ],
    base_weights: Annotated[
        Path, typer.Option(metavar="FILE", help="ImageNet weights of MobileNetV2, no top (.weights.h5).")
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The run's folder; the release will be in it.")],
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run that was stopped in that folder.")
    ] = False,
    folds: Annotated[
        int,
        typer.Option(help="Measure by so many folds, and release what learned from all; 0 splits once."),
    ] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="Trainings of each fold.")] = 1,
    view: Annotated[
        View, typer.Option(help="What the network sees; for tests of shortcuts, which make no release.")
    ] = View.WHOLE,
    head: Annotated[
        Head, typer.Option(help="flatten reproduces the published recipe and its table, without a release.")
    ] = Head.GAP,
    name: Annotated[
        str | None, typer.Option(help="Name of the release; else that of the run's folder.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="Version of the release.")] = None,
    notes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Markdown about the data, for the model card.")
    ] = None,
    no_release: Annotated[bool, typer.Option("--no-release", help="Stop before the release.")] = False,
    steps: Annotated[int | None, typer.Option(min=1, help="At most so many steps.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Pictures a step.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same run.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=0, help="Of TensorFlow; another number rounds otherwise.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where prepared pictures are, for runs to share."),
    ] = None,
    start_from: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN",
            help="Go on where the networks of another run ended, as one with a smaller input_size.",
        ),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE", help="A source of the data that does not belong there; repeatable."),
    ] = None,
    unrelated: Annotated[
        bool,
        typer.Option(
            "--unrelated",
            help="Each file is of a patient of its own; else the data have to say it.",
        ),
    ] = False,
    train_only: Annotated[
        list[str] | None,
        typer.Option(metavar="BATCH", help="A batch to learn from and never to measure on; repeatable."),
    ] = None,
    with_reviews: WithReviews = False,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="Another value of the recipe, as learning_rate=1e-4."
        ),
    ] = None,
) -> None:
    """Train a network, measure it, and make a release of it.

    Needs the extra `train` (TensorFlow). Use it with `--model` of classify, or by the setting `model`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # else its lines hide ours
    from daemon.errors import MissingFileError
    from model.lab.training.train import TrainSettings
    from model.lab.training.train import train as start

    for path in (data, base_weights, notes, start_from):
        if path is not None and not path.exists():
            raise MissingFileError(f"there is no file or folder {path}")
    if data.is_file() and data.suffix != ".csv":
        raise typer.BadParameter(
            "a folder with sub-folders fractured and not_fractured is wanted, or a manifest.csv",
            param_hint="--data",
        )
    if folds == 1 or folds < 0:
        raise typer.BadParameter("at least 2 folds, or 0", param_hint="--folds")
    given: dict[str, Any] = {
        "name": name
        or out.resolve().name,  # two networks of one name could not be distinguished in the results
        "version": version,
        "notes": notes,
        "steps": steps,
        "batch_size": batch_size,
        "seed": seed,
        "threads": threads,
        "cache": cache,
        "start_from": start_from,
        "leave_out": tuple(leave_out) if leave_out else None,
        "train_only": tuple(train_only) if train_only else None,
        **recipe_values(values or []),
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    if head is Head.FLATTEN:
        _refuse_beside_flatten(
            {"--name": name, "--version": version, "--notes": notes, "--steps": steps, "--cache": cache,
             "--set": values, "--view": view is not View.WHOLE, "--seeds": seeds != 1,
             "--leave-out": leave_out, "--start-from": start_from,
             "--train-only": train_only, "--unrelated": unrelated, "--with-reviews": with_reviews}
        )  # fmt: skip
        options = {"batch_size": batch_size, "seed": seed, "threads": threads, "folds": folds or None}
        typer.echo(_reproduce(data, base_weights, out, options))
        return
    if with_reviews:
        data = joined_with_reviews(data, places.settings(), out)
    settings = TrainSettings(
        data=data,
        base_weights=base_weights,
        out=out,
        folds=folds,
        seeds=seeds,
        view=view.value,
        make_release=not no_release,
        resume=resume,
        unrelated=unrelated,
        **chosen,
    )
    with training_shown(settings) as on_progress:
        result = start(settings, on_progress)
    typer.echo(result.release or result.run)


@contextmanager
def training_shown(settings: "TrainSettings") -> "Iterator[Callable[[Progress], None]]":
    """Show how far a training is, and keep what TensorFlow prints out of it.

    Its lines on standard error go to `tensorflow.log` in the run's folder. The export prints hundreds of
    lines of tensors, and stdout is for the one that names the release.

    Parameters
    ----------
    settings : TrainSettings

    Yields
    ------
    callable
        For the training's progress.
    """
    clock = FittingClock(settings.fittings, settings.schedule.work_until)
    with (
        native_log_in(settings.out / _NATIVE_LOG),
        open(os.devnull, "w") as nowhere,
        redirect_stdout(nowhere),
        training_progress(clock) as on_progress,
    ):
        yield on_progress


def _refuse_beside_flatten(given: dict[str, Any]) -> None:
    for option, value in given.items():
        if value:
            raise typer.BadParameter("the published recipe has no use for it", param_hint=option)


def _reproduce(data: Path, base_weights: Path, out: Path, options: dict[str, int | None]) -> Path:
    """Fit the published recipe as published and with patients apart; give the table's path."""
    from model.lab.reproduction.recipe import PublishedSettings, reproduce

    chosen = {key: value for key, value in options.items() if value is not None}
    with training_progress() as on_progress:
        return reproduce(PublishedSettings(data, base_weights, out, **chosen), on_progress).table


def recipe_values(texts: list[str]) -> dict[str, Any]:
    """Read the values of `--set NAME=VALUE`.

    Parameters
    ----------
    texts : list of str

    Returns
    -------
    dict of str to object
        By setting.

    Raises
    ------
    typer.BadParameter
        There is no such setting, or it takes another kind of value.
    """
    from model.lab.training.set_values import parse_value

    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            found[name] = parse_value(name, value)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--set") from error
    return found
