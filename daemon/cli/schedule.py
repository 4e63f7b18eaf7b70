"""`schedule`: the calendar jobs, when they ran and how that ended, and when they run next."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from daemon.cli.absent import no_daemon
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_json, write_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daemon.jobs.history import Entry

COLUMNS = ("job", "next", "last", "ended", "result")


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(schedule)


@placed
def schedule(
    places: Places, *, json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False
) -> None:
    """Show the calendar jobs.

    When each ran last, how that ended, and when it runs next. Jobs run in the daemon (`inboxray run`).
    """
    from daemon.jobs.history import Entry, read_history
    from daemon.jobs.planned import planned_jobs
    from daemon.monitoring.status_file import daemon_is_running
    from daemon.spool.folders import Spool

    settings = places.settings()
    known = read_history(Spool(settings.spool).schedule_file)
    running = daemon_is_running(settings.spool)
    jobs = dict.fromkeys([*known, *(job.name for job in planned_jobs(settings))])
    rows = [_row(name, known.get(name, Entry()), running=running) for name in jobs]
    if json:
        write_json({"running": running, "jobs": rows})
        return
    write_rows([{**row, "result": _told(row["result"])} for row in rows], COLUMNS, Format.TABLE)
    if not running:
        note(f"no job runs: {no_daemon(settings)}")


def _told(result: "Mapping[str, Any]") -> str:
    return " ".join(f"{name}={value}" for name, value in result.items())


def _row(name: str, entry: "Entry", *, running: bool) -> dict[str, Any]:
    from datetime import datetime

    def moment(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    return {
        "job": name,
        "next": moment(entry.next_at) if running else None,
        "last": moment(entry.started_at),
        "ended": entry.ended,
        "result": dict(entry.result),
        "succeeded": moment(entry.succeeded_at),
    }
