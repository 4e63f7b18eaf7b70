"""`results`: what was answered."""

import sys
from contextlib import closing
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from daemon.cli.arguments import counted
from daemon.cli.filter_options import filtered
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, terminal_width, time_text, write_rows

if TYPE_CHECKING:
    from storage.filters import Filters

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
_WIDE: Final = 160
"""Columns of a terminal in which all of these have their place; a narrower one gets a row in short."""


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
@filtered
def results(
    places: Places,
    filters: "Filters",
    *,
    sort: Annotated[
        Sort | None,
        typer.Option(help="Their order; on a terminal suspicious, else oldest; with --limit newest."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many, the newest unless sorted.")] = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Show new rows as they come, until Ctrl-C; with --since, also older ones."
        ),
    ] = False,
    by_study: Annotated[
        bool,
        typer.Option("--by-study", help="A row a study; filters are asked of the scan that decides it."),
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
    json: Annotated[
        bool, typer.Option("--json", help="As --format json; with --watch, an object a line.")
    ] = False,
) -> None:
    """Show answers: on a terminal those first that a person should see first, else the oldest first.

    --sort suspicious: fractured, uncertain, abstained, failed, not fractured, rejected; within each the more
    probable first, then the newest. With --limit and without --sort, the newest are shown.

    A terminal of less than 160 columns gets each row in short, with the end of its scan's id, which names it
    as well. Times are local there, and UTC elsewhere.

    --by-study shows a row for each study: the answer is that of its worst scan, which the row names;
    incomplete are its scans that failed, or that the model abstained from. A scan that names no study stands
    alone.
    """
    from daemon.cli.open_results import reading
    from daemon.cli.short_rows import write_short
    from storage.queries import results as find
    from storage.results_view import RESULT_COLUMNS

    if json and form is Format.CSV:
        raise typer.BadParameter("give one of --json and --format csv", param_hint="--json")
    form = Format.JSON if json else form
    if watch:
        if by_study:
            raise typer.BadParameter("rows come by scan: leave out --by-study", param_hint="--watch")
        _watch(places, filters, form, is_sorted=sort is not None or limit is not None)
        return
    filters = replace(filters, order=(sort or _usual_sort(limit, form)).value)
    if limit is not None:  # of more than sys.maxsize no database counts, nor Python
        filters = replace(filters, limit=min(limit, sys.maxsize))
    if by_study:
        from daemon.cli.study_rows import write_studies

        write_studies(places.settings(), filters, form)
        return
    with reading(places.settings()) as engine, closing(find(engine, filters)) as rows:
        width = terminal_width()
        if form is not Format.TABLE:
            count = write_rows(rows, RESULT_COLUMNS, form)
        elif width is not None and width < _WIDE:
            count = write_short(rows, width)
        else:
            shown = ({**row, "finished_at": time_text(row["finished_at"])} for row in rows)
            count = write_rows(shown, TABLE_COLUMNS, form)
    if form is Format.TABLE:
        note(counted(count, "scan"))


def _usual_sort(limit: int | None, form: Format) -> Sort:
    if limit is not None:
        return Sort.NEWEST
    return Sort.SUSPICIOUS if form is Format.TABLE and sys.stdout.isatty() else Sort.OLDEST


def _watch(places: Places, filters: "Filters", form: Format, *, is_sorted: bool) -> None:
    from daemon.cli.open_results import reading
    from daemon.cli.watched_results import watch_results

    if filters.until is not None or filters.reviewed is not None:
        raise typer.BadParameter(
            "rows come as they are recorded, unreviewed: leave out --until, --reviewed and --not-reviewed",
            param_hint="--watch",
        )
    if is_sorted:
        raise typer.BadParameter(
            "rows come in the order of recording: leave out --sort and --limit", param_hint="--watch"
        )
    with reading(places.settings()) as engine:
        watch_results(engine, filters, form)
