"""`explain`: everything that happened to one scan, and how to do it again."""

from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.options import Places, placed
from daemon.cli.output import Format, write_json, write_pairs, write_rows

if TYPE_CHECKING:
    from daemon.results.explain import Explanation


def add_to(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(explain)


@placed
def explain(
    places: Places,
    scan: Annotated[str, typer.Argument(metavar="SCAN", help="A scan id, or a beginning that is unique.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Tell all that is known of one scan.

    Its answer and why, its file, the model, what happened to it, and how to do it again.
    """
    from daemon.cli.open_results import reading
    from daemon.results.explain import explain_scan
    from daemon.spool.folders import Spool
    from storage.queries import scan as find

    settings = places.settings()
    with reading(settings) as engine:
        detail = find(engine, scan)
    explanation = explain_scan(detail, Spool(settings.spool))
    if json:
        write_json(explanation.as_mapping())
    else:
        _print(explanation)


def _print(explanation: "Explanation") -> None:
    for title, pairs in explanation.sections:
        write_pairs(((name.replace("_", " "), value) for name, value in pairs.items()), title=title)
        typer.echo()
    if explanation.frames:
        columns = tuple(name for name in explanation.frames[0] if name != "heat_map")
        write_rows(explanation.frames, columns, Format.TABLE)
    typer.echo("To do it again:")
    for command in explanation.again:
        typer.echo(f"    {command}")
