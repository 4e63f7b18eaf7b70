"""`results`: what was answered."""

import sys
from contextlib import closing
from datetime import datetime
from enum import StrEnum
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


class Sort(StrEnum):
    """Orders of results; see `storage.filters.Filters`."""

    SUSPICIOUS = "suspicious"
    NEWEST = "newest"
    OLDEST = "oldest"


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
    accession: Annotated[str | None, typer.Option(help="Only this accession number, in any case.")] = None,
    uid: Annotated[str | None, typer.Option(help="Only this study, series or SOP instance UID.")] = None,
    name: Annotated[str | None, typer.Option(help="Only files with this in their name, in any case.")] = None,
    device: Annotated[
        str | None, typer.Option(help="Only devices with this in manufacturer, model or station.")
    ] = None,
    modality: Annotated[
        str | None, typer.Option(help="Only this modality, such as CR or DX, in any case.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="Only where the network sees this region, such as hand.")
    ] = None,
    warning: Annotated[
        str | None,
        typer.Option(autocompletion=completing(WARNINGS), help="Only scans with this warning."),
    ] = None,
    min_probability: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Only from this probability on.")
    ] = None,
    max_probability: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Only up to this probability.")
    ] = None,
    current: Annotated[
        bool, typer.Option("--current", help="Without scans that were requeued and answered again.")
    ] = False,
    reviewed: Annotated[
        bool | None,
        typer.Option(
            "--reviewed/--not-reviewed", help="Only scans that a person has reviewed, or the others."
        ),
    ] = None,
    sort: Annotated[
        Sort | None,
        typer.Option(help="Their order; on a terminal suspicious, else oldest; with --limit newest."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many, the newest unless sorted.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
) -> None:
    """Show answers: on a terminal those first that a person should see first, else the oldest first.

    --sort suspicious: fractured, uncertain, abstained, failed, not fractured, rejected; within each the more
    probable first, then the newest. With --limit and without --sort, the newest are shown.
    """
    from daemon.cli.open_results import reading
    from storage.filters import Filters
    from storage.queries import results as find
    from storage.schema import RESULT_COLUMNS

    if min_probability is not None and max_probability is not None and min_probability > max_probability:
        raise typer.BadParameter(
            f"no probability is from {min_probability:g} to {max_probability:g}; give the smaller one first",
            param_hint="--min-probability",
        )

    filters = Filters(
        decision=known_word("--decision", decision, DECISIONS),
        outcome=known_word("--outcome", outcome, OUTCOMES),
        error_code=known_word("--code", code, REJECTED_CODES + FAILED_CODES),
        since=since,
        until=until,
        patient=patient,
        study=study,
        accession=accession,
        uid=uid,
        name=name,
        modality=modality,
        region=region,
        device=device,
        warning=known_word("--warning", warning, tuple(WARNINGS)),
        min_probability=min_probability,
        max_probability=max_probability,
        only_current=current,
        reviewed=reviewed,
        limit=limit,
        order=(sort or _usual_sort(limit, form)).value,
    )
    with reading(places.settings()) as engine, closing(find(engine, filters)) as rows:
        count = write_rows(rows, RESULT_COLUMNS, form, table_columns=TABLE_COLUMNS)
    if form is Format.TABLE:
        note(counted(count, "scan"))


def _usual_sort(limit: int | None, form: Format) -> Sort:
    if limit is not None:
        return Sort.NEWEST
    return Sort.SUSPICIOUS if form is Format.TABLE and sys.stdout.isatty() else Sort.OLDEST
