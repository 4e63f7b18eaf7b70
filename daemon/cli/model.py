"""`model`: show and verify a released model, and train one."""

import os
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from daemon.cli.output import note, write_json, write_pairs
from daemon.cli.places import Places, placed
from daemon.cli.progress import training_progress

app = typer.Typer(help="The released model: show, verify, train.", no_args_is_help=True)

Folder = Annotated[
    Path | None, typer.Argument(metavar="[FOLDER]", help="A release; else the one that the settings name.")
]


class Head(StrEnum):
    """What stands on the base network."""

    GAP = "gap"
    FLATTEN = "flatten"


@app.command()
@placed
def show(
    places: Places,
    folder: Folder = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show what a release is and how it decides."""
    from dataclasses import asdict

    from model.release import find_release, open_release

    release = open_release(find_release(folder or places.settings().model))
    shown = {
        "model": release.label,
        "path": str(release.path),
        "sha256": release.sha256,
        "classes": list(release.classes),
        "pipeline_version": release.pipeline_version,
        "thresholds": asdict(release.thresholds),
        "calibration": asdict(release.calibration),
        "training_digest": release.training_digest,
        "files": dict(release.files),
    }
    if json:
        write_json({**shown, "training": dict(release.training)})
        return
    flat = []
    for name, value in shown.items():
        if isinstance(value, dict):
            flat += [(f"{name}.{inner}", one) for inner, one in value.items()]
        else:
            flat.append((name, ", ".join(value) if isinstance(value, list) else value))
    write_pairs(flat)


@app.command()
@placed
def verify(places: Places, folder: Folder = None) -> None:
    """Check each file of a release.

    Against its hash; exits 78 if one is not what was released.
    """
    from model.release import find_release, open_release

    release = open_release(find_release(folder or places.settings().model))
    note(f"{release.label}: {len(release.files)} files are what was released ({release.path})")


@app.command()
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
