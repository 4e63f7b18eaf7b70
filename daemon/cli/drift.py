"""`drift`: whether scans of late are like those that the release was made with."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.arguments import counted
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_json, write_rows

if TYPE_CHECKING:
    from daemon.checks.drift import Finding
    from model.release import Release

COLUMNS = (
    "modality",
    "device",
    "measure",
    "state",
    "scans",
    "now",
    "was",
    "index",
    "reference_scans",
    "example",
)


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(drift)


@placed
def drift(
    places: Places,
    *,
    days: Annotated[
        int | None, typer.Option(min=1, max=366, help="Days of scans; without, the setting drift_days.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Compare scans of late with those that the release was made with.

    By modality and device: shares of decisions, scores, and how the pictures look.
    """
    from datetime import UTC, datetime, timedelta

    from daemon.checks.drift import compare
    from daemon.cli.open_results import reading
    from daemon.settings.chosen_release import release_folder
    from model.release import open_release

    settings = places.settings()
    release = open_release(release_folder(settings))
    since = datetime.now(UTC) - timedelta(days=days or settings.drift_days)
    with reading(settings) as engine:
        found = compare(engine, release, since, bound=settings.drift_bound, prevalence=settings.prevalence)
    rows = [asdict(one) for one in found]
    if json:
        write_json({"model": release.label, "since": since, "bound": settings.drift_bound, "findings": rows})
    else:
        write_rows([row for row in rows if row["state"] != "too_few"], COLUMNS, Format.TABLE)
    _tell(found, release)


def _tell(found: "list[Finding]", release: "Release") -> None:
    from daemon.checks.drift import LEAST_SCANS

    if not found:
        note(f"{release.label} classified nothing in that time")
        return
    if few := {(one.modality, one.device) for one in found if one.state == "too_few"}:
        note(f"no judgement of {counted(len(few), 'group')} with fewer than {LEAST_SCANS} scans")
    moved = [one for one in found if one.state == "moved"]
    for one in moved:
        note(
            f"moved: {one.measure} of modality {one.modality}, device {one.device}: {one.now} where it was "
            f"{one.was} (index {one.index}, {one.scans} scans); one of them: inboxray explain {one.example}"
        )
    if not moved:
        note("nothing has moved")
