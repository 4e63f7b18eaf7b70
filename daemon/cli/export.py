"""`export`: the view `results` as a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from daemon.cli.arguments import counted
from daemon.cli.audited import audited
from daemon.cli.filter_options import Since, Until
from daemon.cli.options import Places, placed
from daemon.cli.output import note

if TYPE_CHECKING:
    from storage.tables.formats import Writer


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
    since_last: Annotated[
        bool,
        typer.Option(
            "--since-last",
            help="Only what was recorded since the last export with this option to this FILE; the first has "
            "all. Not with --reviews.",
        ),
    ] = False,
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

    With --since-last a hidden note beside FILE keeps up to where it had the rows, in the order of recording.
    A killed export either replaced FILE and noted that, or did neither. Read FILE, or move it away, before
    the next one.
    """
    from daemon.cli.open_results import reading
    from storage.export import export_results, export_reviews
    from storage.since_last import export_since_last

    write = _writer(file, bom=bom)
    if since_last and (reviews or file == "-" or since is not None or until is not None):
        raise typer.BadParameter(
            "it goes with a FILE, beside which it is noted, and without --reviews, --since and --until",
            param_hint="--since-last",
        )
    target: Path | Literal["-"] = "-" if file == "-" else Path(file)
    settings = places.settings()
    with reading(settings) as engine, audited(settings, "export --reviews" if reviews else "export") as facts:
        if since_last:
            count = export_since_last(engine, Path(file), write=write)
        else:
            to_file = export_reviews if reviews else export_results
            count = to_file(engine, target, since=since, until=until, write=write)
        facts["rows"] = count
    exported = f"{counted(count, 'review' if reviews else 'scan')} exported"
    note(exported if file == "-" else f"{exported}; {file} holds what the database holds of patients")


def _writer(file: str, *, bom: bool) -> "Writer":
    """Return what writes the table that a file's ending asks for; what cannot be written is refused."""
    from daemon.errors import ConfigurationError
    from model.extras import install_line
    from storage.errors import TableNeedsPackage, UnknownTable
    from storage.tables.formats import writer_of

    try:
        return writer_of(file, bom=bom)
    except UnknownTable as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from None
    except TableNeedsPackage as error:
        raise ConfigurationError(f"{error}: {install_line('tables')}") from None
