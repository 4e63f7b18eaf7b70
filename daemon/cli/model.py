"""`model`: show and verify a released model; commands that make or measure one have modules of their own."""

from pathlib import Path
from typing import Annotated, Any

import typer

from daemon.cli import (
    model_audit,
    model_build,
    model_card,
    model_evaluate,
    model_list,
    model_train,
    model_use,
)
from daemon.cli.options import Places, placed
from daemon.cli.output import note, write_json, write_pairs
from daemon.cli.recipe_help import with_recipe

app = typer.Typer(
    help="The released model: list, use, show, verify; build, or audit, train, evaluate, card.",
    no_args_is_help=True,
)

Folder = Annotated[
    Path | None, typer.Argument(metavar="[NAME|FOLDER]", help="A release; else the one in use.")
]


def _found(named: Path | None, places: Places) -> Path:
    """Find the release that was named, else the one in use."""
    from daemon.cli.model_list import named_release
    from daemon.settings.chosen_release import release_folder

    settings = places.settings()
    return release_folder(settings) if named is None else named_release(str(named), settings)


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

    from model.reading.network_input import PIPELINE_VERSION
    from model.release import open_release

    release = open_release(_found(folder, places))
    shown = {
        "model": release.label,
        "path": str(release.path),
        "sha256": release.sha256,
        "classes": list(release.classes),
        "pipeline_version": release.pipeline_version,
        "scans_pipeline_version": PIPELINE_VERSION,
        "thresholds": asdict(release.thresholds),
        "calibration": asdict(release.calibration),
        "training_digest": release.training_digest,
        "files": dict(release.files),
        "absent": [] if release.has_weights else [release.weights_file],
    }
    if json:
        write_json({**shown, "training": dict(release.training)})
        return
    flat: list[tuple[str, Any]] = []
    shown["pipeline_version"] = _pipeline(release.pipeline_version)
    del shown["scans_pipeline_version"]
    for name, value in shown.items():
        if isinstance(value, dict):
            flat += [(f"{name}.{inner}", one) for inner, one in value.items()]
        else:
            flat.append((name, ", ".join(value) or "-" if isinstance(value, list) else value))
    write_pairs(flat)


def _pipeline(measured: str) -> str:
    """Name both versions of the way to the network's input: the release's, and that of scans now."""
    from model.reading.network_input import MEASURED_ALIKE, PIPELINE_VERSION

    if measured == PIPELINE_VERSION:
        return measured
    holds = (
        "gives the same network input" if measured in MEASURED_ALIKE else "is another way: not usable here"
    )
    return f"{PIPELINE_VERSION} (the release was measured with {measured}, which {holds})"


@app.command()
@placed
def verify(places: Places, folder: Folder = None) -> None:
    """Check each file of a release.

    Against its hash; exits 78 if one is not what was released. The Keras weights may be absent.
    """
    from model.release import open_release

    release = open_release(_found(folder, places))
    present = len(release.files) - (not release.has_weights)
    note(f"{release.label}: {present} of {len(release.files)} files are what was released ({release.path})")
    if not release.has_weights:
        note(f'{release.without_weights}. Only engine = "tensorflow" and `quantise` need them')


model_list.add_to(app)
model_use.add_to(app)
app.command("build", cls=with_recipe(model_build.EXAMPLES))(model_build.build)
app.command("train", cls=with_recipe(model_train.EXAMPLES))(model_train.train)
app.command("audit")(model_audit.audit)
app.command("evaluate")(model_evaluate.evaluate)
app.command("card")(model_card.card)
