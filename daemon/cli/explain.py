"""`explain`: everything that happened to one scan, and how to do it again."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from daemon.cli.absent import no_daemon
from daemon.cli.called import as_called
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_json, write_pairs, write_rows

if TYPE_CHECKING:
    from daemon.results.explain import Explanation
    from daemon.settings.fields import Settings
    from daemon.spool.folders import Spool
    from model.reading.completeness import Completeness
    from storage.engine import Engine
    from storage.queries import ScanDetail

_LABELS: Final = {
    "pipeline_version": "scan's pipeline version"  # a release has one too: that which it was measured with
}
_LISTED: Final = 10  # ids of other scans of the same name


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
            help="A scan id, or a beginning that is unique; or the path of a file that waits in the inbox, "
            "or was answered.",
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
    from daemon.results.waiting import find_waiting
    from daemon.spool.folders import Spool

    settings = places.settings()
    source = find_waiting(scan, Spool(settings.spool))
    if source is not None:
        _explain_waiting(source, settings, json=json)
        return
    with reading(settings) as engine:
        detail = _find(engine, scan, Spool(settings.spool))
    explanation = explain_scan(detail, Spool(settings.spool), as_called())
    if json:
        write_json(explanation.as_mapping())
    else:
        _print(explanation)


def _find(engine: "Engine", named: str, spool: "Spool") -> "ScanDetail":
    """Find a scan by its id, else the latest by a name; say on stderr which others have that name."""
    from daemon.results.names import row_names
    from storage.errors import AmbiguousScan, NoSuchScan
    from storage.named import scans_named
    from storage.queries import scan as find

    try:
        return find(engine, named)
    except (NoSuchScan, AmbiguousScan) as error:
        no_id = error
    names = row_names(named, spool)
    latest, *others = scans_named(
        engine, stored_paths=names.stored_paths, source_names=names.source_names, limit=_LISTED + 2
    ) or (None,)
    if latest is None and isinstance(no_id, AmbiguousScan):
        raise no_id
    if latest is None:
        raise NoSuchScan(
            "no file waits there, and no row has that name or an id that begins so; "
            "`inboxray results` shows names and ids"
        )
    if others:
        more = ", and more" if len(others) > _LISTED else ""
        note(
            "several scans have that name, and this is the latest; the others, latest first: "
            + ", ".join(others[:_LISTED])
            + more
        )
    return find(engine, latest)


def _explain_waiting(source: bytes, settings: "Settings", *, json: bool) -> None:
    from daemon.decoding.from_settings import open_pool
    from daemon.results.waiting import why_waiting
    from daemon.spool.folders import Spool

    with open_pool(settings, folder=Spool(settings.spool).claimed) as pool:

        def examine(path: bytes) -> "Completeness | None":
            examined = pool.examine(path).result()
            return None if examined is None else examined[1]

        waiting = why_waiting(source, settings, examine, _held_up_by(settings)).as_mapping()
    if json:
        write_json({"waiting": waiting})
    else:
        title = "waiting" if "until" in waiting else "in the inbox, and waiting for nothing"
        write_pairs(((name.replace("_", " "), value) for name, value in waiting.items()), title=title)


def _held_up_by(settings: "Settings") -> str | None:
    """Say what keeps the daemon from taking any file now, as far as it says so itself."""
    from daemon.monitoring.status_file import daemon_is_running, read_status

    if not daemon_is_running(settings.spool):
        return no_daemon(settings)
    pauses = (read_status(settings.spool) or {}).get("pauses") or {}
    return ", ".join(f"a pause: {reason}" for reason in pauses) or None


def _print(explanation: "Explanation") -> None:
    for title, pairs in explanation.sections:
        write_pairs(((_LABELS.get(name, name.replace("_", " ")), pairs[name]) for name in pairs), title=title)
        typer.echo()
    if explanation.frames:
        columns = tuple(name for name in explanation.frames[0] if name != "heat_map")
        write_rows(explanation.frames, columns, Format.TABLE)
    typer.echo("To do it again:")
    for command in explanation.again:
        typer.echo(f"    {command}")
