"""`model build`: from a folder of labelled pictures to a release with its card, in one command."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from daemon.cli.arguments import parse_duration
from daemon.cli.fitting_clock import in_words
from daemon.cli.model_train import recipe_values, training_shown
from daemon.cli.options import Places, placed
from daemon.cli.output import note
from daemon.cli.progress import stage_progress
from daemon.cli.with_reviews import WithReviews, joined_with_reviews

if TYPE_CHECKING:
    from model.lab.training.budget import Plan

EXAMPLES: Final = (
    ("all the time that it needs, some hours", "build FOLDER --base-weights BASE --out OURS"),
    ("a first impression", "build FOLDER --base-weights BASE --out OURS --budget 45min"),
    (
        "with what was reviewed on a spool",
        "build FOLDER --base-weights BASE --out OURS --with-reviews --spool SPOOL",
    ),
    ("go on after a stop", "build FOLDER --base-weights BASE --out OURS --budget 45min --resume"),
)
"""What is shown under the options: what for, and the command after `inboxray model`."""


@placed
def build(  # noqa: PLR0913 -- one for each option
    places: Places,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="Labelled pictures of any kind that the daemon reads: sub-folders fractured and "
            "not_fractured (or Fracture and Normal), or a manifest.csv.",
        ),
    ],
    *,
    base_weights: Annotated[
        Path, typer.Option(metavar="FILE", help="ImageNet weights of MobileNetV2, no top (.weights.h5).")
    ],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Gets audit, training with the release, and report.")
    ],
    budget: Annotated[
        float | None,
        typer.Option(
            parser=parse_duration,
            metavar="TIME",
            help="Folds and steps for about this time, such as 45min or 2h.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the build that was stopped in that folder.")
    ] = False,
    name: Annotated[str | None, typer.Option(help="Name of the release; else that of DIR.")] = None,
    version: Annotated[str, typer.Option(help="Version of the release.")] = "1.0.0",
    notes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Markdown about the data, for the card; else what the audit found."
        ),
    ] = None,
    train_only: Annotated[
        list[str] | None,
        typer.Option(metavar="BATCH", help="A batch to learn from and never to measure on; repeatable."),
    ] = None,
    with_reviews: WithReviews = False,
    threads: Annotated[int, typer.Option(min=0, help="Of TensorFlow; another number rounds otherwise.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that decode for the audit.")] = 2,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Another value of the recipe."),
    ] = None,
) -> None:
    """Audit labelled pictures, train on them, measure the network, and make a release with its card.

    Copies and likely patients are found and kept apart: each figure is of patients that the network never
    saw. Needs the extra `train` (TensorFlow). The release is for `inboxray model use`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from daemon.errors import MissingFileError
    from model.lab.training.build import BuildSettings, Watchers
    from model.lab.training.build import build as start
    from model.lab.training.train_settings import TrainSettings

    for path in (data, base_weights, notes):
        if path is not None and not path.exists():
            raise MissingFileError(f"there is no file or folder {path}")
    given: dict[str, Any] = recipe_values(values or [])
    if with_reviews:
        data = joined_with_reviews(data, places.settings(), out)
    recipe = TrainSettings(
        data=data,
        base_weights=base_weights,
        out=out,
        name=name or out.resolve().name,
        version=version,
        notes=notes,
        train_only=tuple(train_only or ()),
        threads=threads,
        resume=resume,
        **given,
    )
    with stage_progress() as on_stage:
        release = start(
            BuildSettings(data, out, recipe, budget, jobs),
            Watchers(on_stage, training_shown, lambda plan: _say(plan, budget)),
        )
    note(f"{release.label} has its card; what was measured is in {out / 'report'}")
    note(f"let it answer on a spool: inboxray --spool SPOOL model use {release.path}")
    typer.echo(release.path)


def _say(plan: "Plan", budget: float | None) -> None:
    words = f"{plan.folds} folds of {plan.steps} steps, {in_words(plan.seconds)} from here"
    if budget is not None and plan.seconds > budget:
        words += ": the shortest that makes sense, though more than there is time for"
    note(f"planned: {words}")
