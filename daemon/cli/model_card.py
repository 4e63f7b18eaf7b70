"""`model card`: the card of a release, written anew from the report of an evaluation."""

from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.output import note


def card(
    release: Annotated[Path, typer.Argument(metavar="RELEASE", help="A release that is not in use yet.")],
    report: Annotated[
        Path, typer.Argument(metavar="REPORT", help="The evaluation.json of `model evaluate --out DIR`.")
    ],
    *,
    notes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Markdown about the data: origin, rights, gaps."),
    ] = None,
    strangers: Annotated[
        Path | None,
        typer.Option(
            metavar="REPORT",
            help="The evaluation.json of this release, as it is, of `model evaluate --strangers`.",
        ),
    ] = None,
    counts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON with further counts of sources: kind, value, label."),
    ] = None,
) -> None:
    """Write a release's card from a report, and the report into the release.

    The release gets another identity. For a release of a cross-validation the report is that of its
    out-of-fold predictions.
    """
    import json

    from daemon.errors import MissingFileError
    from model.lab.training.card.from_report import card_of_report, read_report, rewrite_card
    from model.release import open_release

    for path in (release, report, notes, counts, strangers):
        if path is not None and not path.exists():
            raise MissingFileError(f"there is no file or folder {path}")
    opened = open_release(release)
    figures = read_report(report)
    text = notes.read_text(encoding="utf-8") if notes else ""
    found = json.loads(counts.read_text(encoding="utf-8")) if counts else None
    met = read_report(strangers) if strangers else None
    written = rewrite_card(opened, card_of_report(opened, figures, text, found, met), figures)
    note(f"{written.label} has its card; its identity is now {written.sha256[:12]}")
    typer.echo(written.path / "MODEL_CARD.md")
