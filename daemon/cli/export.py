"""`export`: the view `results` as a file."""

from pathlib import Path
from typing import Annotated, Final

import typer

from daemon.cli.arguments import counted
from daemon.cli.audited import audited
from daemon.cli.options import Places, placed
from daemon.cli.output import note
from daemon.cli.results import Since, Until

_NOT_CSV: Final = (".parquet", ".xlsx", ".xls", ".ods", ".json", ".db", ".sqlite")


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(export)


@placed
def export(
    places: Places,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A .csv file, replaced as a whole; - for stdout.")
    ],
    *,
    since: Since = None,
    until: Until = None,
) -> None:
    """Write all results as CSV."""
    from daemon.cli.open_results import reading
    from storage.export import export_csv

    if file.lower().endswith(_NOT_CSV):
        raise typer.BadParameter("only CSV can be written; name a .csv file", param_hint="FILE")
    settings = places.settings()
    with reading(settings) as engine, audited(settings, "export") as facts:
        count = export_csv(engine, "-" if file == "-" else Path(file), since=since, until=until)
        facts["rows"] = count
    exported = f"{counted(count, 'scan')} exported"
    note(exported if file == "-" else f"{exported}; {file} holds what the database holds of patients")
