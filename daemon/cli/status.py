"""`status`: how the daemon is, and what the database holds."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from daemon.cli.absent import no_daemon
from daemon.cli.options import Places, placed
from daemon.cli.output import note, write_json
from daemon.cli.status_page import print_status

if TYPE_CHECKING:
    from daemon.settings.fields import Settings

_SILENT_S: Final = 10  # a busy loop writes its words late, not this late
_HUNG_S: Final = 60  # no step of the loop takes this long: see WatchdogSec= in the unit


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(status)


@placed
def status(
    places: Places,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    health: Annotated[
        bool,
        typer.Option("--health", help="Only whether the daemon works; asks no database. For containers."),
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="For scripts: exit 69 also while no file is taken in, and say why."),
    ] = False,
) -> None:
    """Show how the daemon is.

    What waits in the inbox, each file with the rule that it waits for and until when, in local time. What the
    daemon says of itself, and what the database holds: all scans, how many were requeued and answered again
    since (superseded), and how the others ended.

    Exits 69, after it has shown what is known, if no daemon runs; with --health also if it hangs, and with
    --check also while it starts, hangs, its intake rests, its canary is late or the database does not answer.
    """
    from daemon.errors import DaemonAwayError
    from daemon.monitoring.status_file import daemon_is_running, read_status

    settings = places.settings()
    running = daemon_is_running(settings.spool)
    status = read_status(settings.spool)
    if health:
        if not running:
            raise DaemonAwayError(no_daemon(settings))
        _check_health(status)
        return
    database = _database(settings)
    known = {
        "running": running,
        "spool": str(settings.spool),
        "daemon": status,
        "database": database,
        "check": _last_check(settings),
        "backfills": _backfills(settings),
    }
    if json:
        write_json(known)
    else:
        print_status(settings, known)
    for remark in _remarks(settings, status or {}, running=running):
        note(remark)
    if not running:
        if (status or {}).get("state") in ("starting", "running"):
            note(
                "the last daemon ended without warning: it was killed, or the machine went down. Nothing is "
                "lost: the next one finishes what this one had claimed"
            )
        raise DaemonAwayError(no_daemon(settings))
    if check:
        _check_ready(status, database)


def _remarks(settings: "Settings", status: Mapping[str, Any], *, running: bool) -> Iterator[str]:
    """Say what an operator should see to."""
    from daemon.monitoring.database_log import LARGE_BYTES, REMEDY

    if running and (silent_s := _silent_s(status)) is not None:
        yield (
            f"this status is {silent_s:.0f} s old, and the daemon renews it each second: "
            "the disk is full or read-only, or the daemon hangs; see its log"
        )
    if status.get("database_log_bytes", 0) >= LARGE_BYTES:
        yield f"the log of the database is large: {REMEDY}"
    if running and (other := _other_release(settings)) is not None:
        yield other
    recorded_in = status.get("database_url", settings.masked_database())
    if running and recorded_in != settings.masked_database():
        yield (
            f"the daemon records in {recorded_in}, and the settings here name another database: name that "
            "one by --database-url or INBOXRAY_DATABASE_URL"
        )


def _other_release(settings: "Settings") -> str | None:
    """Say that the daemon answers with another release than was chosen since; None if that is unknown."""
    from daemon.cli.model_list import other_of_daemon
    from daemon.errors import ConfigurationError
    from daemon.settings.chosen_release import release_folder
    from model.errors import ReleaseError

    with suppress(ConfigurationError, ReleaseError, OSError):
        return other_of_daemon(settings, release_folder(settings))
    return None


def _check_ready(status: Mapping[str, Any] | None, database: Mapping[str, Any]) -> None:
    """Refuse a daemon that takes no file in now."""
    from daemon.errors import DaemonAwayError
    from daemon.monitoring.status_file import why_nothing_is_taken_in

    silent_s = _silent_s(status)
    reasons = [
        *([f"its status is {silent_s:.0f} s old"] if silent_s is not None and silent_s > _HUNG_S else []),
        *why_nothing_is_taken_in(status or {}),
        *(["database: no answer"] if "error" in database else []),
    ]
    if reasons:
        raise DaemonAwayError(f"the daemon takes no file in: {'; '.join(reasons)}")


def _check_health(status: Mapping[str, Any] | None) -> None:
    """Print the daemon's state; refuse one that wrote no status for too long."""
    from daemon.errors import DaemonAwayError

    silent_s = _silent_s(status)
    if silent_s is not None and silent_s > _HUNG_S:
        raise DaemonAwayError(f"the daemon wrote no status for {silent_s:.0f} s: it hangs, or its disk does")
    typer.echo((status or {}).get("state", "starting"))


def _backfills(settings: "Settings") -> list[dict[str, Any]]:
    """Return how far archives are answered."""
    from daemon.backfill.journal import known_backfills
    from daemon.spool.folders import Spool

    return known_backfills(Spool(settings.spool))


def _silent_s(status: Mapping[str, Any] | None) -> float | None:
    """Return the age of the status in seconds, if it is too old to be true."""
    try:
        updated = datetime.fromisoformat((status or {})["updated_at"])
    except (KeyError, ValueError, TypeError):
        return None
    silent_s = (datetime.now(UTC) - updated).total_seconds()
    return silent_s if silent_s > _SILENT_S else None


def _database(settings: Any) -> dict[str, Any]:
    """Count what is recorded, or say why that cannot be known: status must answer in any case."""
    from dataclasses import asdict

    from daemon.cli.open_results import reading
    from daemon.errors import DaemonError
    from storage.errors import StorageError
    from storage.queries import counts

    try:
        with reading(settings) as engine:
            scans = sum(count.scans for count in counts(engine))
            current = [asdict(count) for count in counts(engine, only_current=True)]
    except (DaemonError, StorageError) as error:
        return {"url": settings.masked_database(), "error": str(error)}
    superseded = max(0, scans - sum(one["scans"] for one in current))
    return {"url": settings.masked_database(), "scans": scans, "superseded": superseded, "by": current}


def _last_check(settings: Any) -> dict[str, Any]:
    """Say when rows were last compared with files by the nightly job, and how that ended."""
    from daemon.jobs.history import Entry, read_history
    from daemon.spool.folders import Spool

    entry = read_history(Spool(settings.spool).schedule_file).get("check", Entry())
    return {"finished_at": entry.finished_at, "ended": entry.ended, **entry.result}
