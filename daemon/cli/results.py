"""`results`: what was answered."""

from contextlib import closing
from datetime import datetime
from typing import Annotated, Final

import typer

from daemon.cli.arguments import completing, counted, known_word, parse_time
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_rows
from daemon.spool.warnings import WARNINGS
from storage.vocabulary import DECISIONS, FAILED_CODES, OUTCOMES, REJECTED_CODES

TABLE_COLUMNS: Final = (
    "scan_id",
    "finished_at",
    "source_name",
    "outcome",
    "error_code",
    "decision",
    "probability",
    "warnings",
)

Since = Annotated[
    datetime | None,
    typer.Option("--since", parser=parse_time, metavar="TIME", help="Finished at this time or later."),
]
Until = Annotated[
    datetime | None, typer.Option("--until", parser=parse_time, metavar="TIME", help="Finished before it.")
]


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(results)


@placed
def results(  # noqa: PLR0913  # an option a filter
    places: Places,
    *,
    decision: Annotated[
        str | None,
        typer.Option(
            autocompletion=completing(DECISIONS), help="fractured, uncertain, abstained or not_fractured."
        ),
    ] = None,
    outcome: Annotated[
        str | None,
        typer.Option(autocompletion=completing(OUTCOMES), help="classified, rejected or failed."),
    ] = None,
    code: Annotated[
        str | None,
        typer.Option(autocompletion=completing(REJECTED_CODES + FAILED_CODES), help="Only this error code."),
    ] = None,
    since: Since = None,
    until: Until = None,
    patient: Annotated[str | None, typer.Option(help="Only this patient id.")] = None,
    study: Annotated[str | None, typer.Option(help="Only this study instance UID.")] = None,
    modality: Annotated[
        str | None, typer.Option(help="Only this modality, such as CR or DX, in any case.")
    ] = None,
    warning: Annotated[
        str | None,
        typer.Option(autocompletion=completing(WARNINGS), help="Only scans with this warning."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many, the newest first.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
) -> None:
    """Show answers, oldest first; with --limit, the newest first."""
    from daemon.cli.open_results import reading
    from storage.export import RESULT_COLUMNS
    from storage.queries import Filters
    from storage.queries import results as find

    filters = Filters(
        decision=known_word("--decision", decision, DECISIONS),
        outcome=known_word("--outcome", outcome, OUTCOMES),
        error_code=known_word("--code", code, REJECTED_CODES + FAILED_CODES),
        since=since,
        until=until,
        patient=patient,
        study=study,
        modality=modality,
        warning=known_word("--warning", warning, tuple(WARNINGS)),
        limit=limit,
        newest_first=limit is not None,
    )
    with reading(places.settings()) as engine, closing(find(engine, filters)) as rows:
        count = write_rows(rows, RESULT_COLUMNS, form, table_columns=TABLE_COLUMNS)
    if form is Format.TABLE:
        note(counted(count, "scan"))
