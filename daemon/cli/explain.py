"""`explain`: everything that happened to one scan, and how to do it again."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from daemon.cli.called import as_called
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_json, write_pairs, write_rows

if TYPE_CHECKING:
    from daemon.results.explain import Explanation
    from daemon.settings.fields import Settings

_LABELS: Final = {
    "pipeline_version": "scan's pipeline version"  # a release has one too: that which it was measured with
}


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(explain)


@placed
def explain(
    places: Places,
    scan: Annotated[
        str,
        typer.Argument(
            metavar="SCAN",
            help="A scan id; the name or path of a file that waits in the inbox, or was answered; or a "
            "unique beginning or end of an id, of at least 6 digits: what is named exactly comes first.",
        ),
    ],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Show all that is known of one scan.

    By a name that several scans have, the latest is shown.

    Its answer and why, its file, the model, what happened to it, and how to do it again. Of a file in the
    inbox: which rule it waits for, until when, and what comes then.
    """
    from daemon.cli.open_results import reading
    from daemon.results.explain import explain_scan
    from daemon.results.find import find_scan
    from daemon.results.waiting import find_waiting
    from daemon.spool.folders import Spool
    from storage.errors import NoSuchScan

    settings = places.settings()
    source = find_waiting(scan, Spool(settings.spool))
    if source is not None:
        _explain_waiting(source, settings, json=json)
        return
    with reading(settings) as engine:
        try:
            found = find_scan(engine, scan, Spool(settings.spool))
        except NoSuchScan as error:
            raise NoSuchScan(f"no file waits there, and {error}") from None
    if found.others:
        note(
            f"several scans have that name, and this is the latest; the others, latest first: {found.others}"
        )
    explanation = explain_scan(found.detail, Spool(settings.spool), as_called())
    if json:
        write_json(explanation.as_mapping())
    else:
        _print(explanation)


def _explain_waiting(source: bytes, settings: "Settings", *, json: bool) -> None:
    from daemon.cli.inbox_files import examining, held_up_by
    from daemon.results.waiting import why_waiting

    with examining(settings) as examine:
        waiting = why_waiting(source, settings, examine, held_up_by(settings)).as_mapping()
    if json:
        write_json({"waiting": waiting})
    else:
        title = "waiting" if "until" in waiting else "in the inbox, and waiting for nothing"
        write_pairs(((name.replace("_", " "), value) for name, value in waiting.items()), title=title)


def _print(explanation: "Explanation") -> None:
    for title, pairs in explanation.sections:
        write_pairs(((_LABELS.get(name, name.replace("_", " ")), pairs[name]) for name in pairs), title=title)
        typer.echo()
    if explanation.frames:
        columns = tuple(name for name in explanation.frames[0] if name != "heat_map")
        write_rows(explanation.frames, columns, Format.TABLE)
    if explanation.reviews:
        typer.echo("Reviews, the newest last:")
        columns = ("reviewed_at", "reviewer", "verdict", "decision", "model", "note")
        write_rows(explanation.reviews, columns, Format.TABLE)
    typer.echo("To do it again:")
    for command in explanation.again:
        typer.echo(f"    {command}")
