"""`model train`: train a network and make a release of it."""

import os
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from daemon.cli.progress import training_progress


class Head(StrEnum):
    """What stands on the base network."""

    GAP = "gap"
    FLATTEN = "flatten"


def train(
    *,
    data: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER",
            help="Labelled pictures: sub-folders fractured and not_fractured, or a manifest.csv.",
        ),
    ],
    base_weights: Annotated[
        Path, typer.Option(metavar="FILE", help="ImageNet weights of MobileNetV2, no top (.weights.h5).")
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The run's folder; the release will be in it.")],
    head: Annotated[
        Head, typer.Option(help="flatten reproduces the published recipe, without a release.")
    ] = (Head.GAP),
    name: Annotated[
        str | None, typer.Option(help="Name of the release; else that of the run's folder.")
    ] = None,
    version: Annotated[str | None, typer.Option(help="Version of the release.")] = None,
    notes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Markdown about the data, for the model card.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="At most so many steps.")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Pictures a step.")] = None,
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same run.")] = None,
) -> None:
    """Train a network and make a release of it.

    Needs the extra `train` (TensorFlow). Use it with `--model` of classify, or by the setting `model`.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # else its lines hide ours
    from daemon.errors import MissingFileError
    from model.training.train import TrainSettings
    from model.training.train import train as start

    for path in (data, base_weights, notes):
        if path is not None and not path.exists():
            raise MissingFileError(f"there is no file or folder {path}")
    if not data.is_dir():
        raise typer.BadParameter(
            "a folder is wanted: with sub-folders fractured and not_fractured, or with a manifest.csv",
            param_hint="--data",
        )
    given: dict[str, Any] = {
        "name": name or out.resolve().name,  # two networks of one name could not be told apart in the results
        "version": version,
        "notes": notes,
        "steps": steps,
        "batch_size": batch_size,
        "seed": seed,
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    settings = TrainSettings(data=data, base_weights=base_weights, out=out, head=head.value, **chosen)
    # The export prints hundreds of lines of tensors; stdout is for the one that names the release.
    with training_progress() as tell, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        result = start(settings, tell)
    typer.echo(result.release or result.run)
