"""`export`: the view `results` as a file."""

from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.arguments import counted
from daemon.cli.audited import audited
from daemon.cli.options import Places, placed
from daemon.cli.output import note
from daemon.cli.results import Since, Until


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
        str,
        typer.Argument(
            metavar="FILE",
            help="A .csv, .parquet, .xlsx or .jsonl file, replaced as a whole; - for CSV on stdout.",
        ),
    ],
    *,
    since: Since = None,
    until: Until = None,
    reviews: Annotated[
        bool,
        typer.Option(
            "--reviews", help="Write the reviews instead, a row each; --since and --until go by their time."
        ),
    ] = False,
    bom: Annotated[
        bool, typer.Option("--bom", help="Begin a CSV with the mark of UTF-8, as spreadsheets want it.")
    ] = False,
) -> None:
    """Write all results as a table: CSV, Parquet, a sheet of Excel's format, or JSON Lines, by FILE's ending.

    A spreadsheet that opens a CSV makes numbers of ids and cuts off their zeros: give it the .xlsx, in which
    they are text. Parquet and .xlsx need the extra `tables`.
    """
    from daemon.cli.open_results import reading
    from daemon.errors import ConfigurationError
    from model.extras import install_line
    from storage.errors import TableNeedsPackage, UnknownTable
    from storage.export import export_results, export_reviews
    from storage.tables.formats import writer_of

    try:
        write = writer_of(file, bom=bom)
    except UnknownTable as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from None
    except TableNeedsPackage as error:
        raise ConfigurationError(f"{error}: {install_line('tables')}") from None
    settings = places.settings()
    with reading(settings) as engine, audited(settings, "export --reviews" if reviews else "export") as facts:
        to_file = export_reviews if reviews else export_results
        count = to_file(engine, "-" if file == "-" else Path(file), since=since, until=until, write=write)
        facts["rows"] = count
    exported = f"{counted(count, 'review' if reviews else 'scan')} exported"
    note(exported if file == "-" else f"{exported}; {file} holds what the database holds of patients")
