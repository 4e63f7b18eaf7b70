"""`soak`: kill the daemon on this machine again and again, and prove that no file is lost or doubled."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from daemon.cli.options import Places, placed
from daemon.cli.output import note, write_json

if TYPE_CHECKING:
    from daemon.settings.fields import Settings

_FAILED: Final = 1


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(soak)


@placed
def soak(
    places: Places,
    *,
    files: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many files to drop.")] = 200,
    kills: Annotated[int, typer.Option(min=0, max=100_000, help="How often to kill the daemon.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the moments and the files.")] = 1,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            file_okay=False,
            help="Drop copies of the files below it; without, synthetic X-rays.",
        ),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the spool and the database afterwards.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Kill the daemon while files arrive, and prove that each ended exactly once.

    Drops FILES into a spool of its own while it kills the daemon with SIGKILL at random moments, lets the
    last daemon finish, and compares what was dropped with the spool and the database: one row a file, the
    file where the row says, the same bytes, nothing left in inbox/ and claimed/, no process, no lock. At
    least half of the kills have to hit a daemon that has files in work, or it shows too little and fails.

    It never works where there are files or rows. --spool must be new or empty; without it the spool is
    made among the temporary files. --database-url may name an SQLite file that is not there yet, or a
    PostgreSQL database, in which it makes a schema of its own; so it does in the server of the settings.
    Without a server it uses SQLite in the spool. Both are removed if it passed or was asked to stop, and kept
    if it failed.

    Exits 0 if it passed, 1 if it failed.
    """
    from dataclasses import replace

    from daemon.cli.progress import stage_progress
    from daemon.errors import MissingFileError
    from daemon.shutdown import leaving_on_signals
    from daemon.soak.campaign import soak as run_soak
    from daemon.soak.scratch_spool import scratch_spool
    from daemon.soak.verdict import Plan, Verdict
    from storage.scratch import describe, drop_scratch, make_scratch

    if data is not None and not data.exists():
        raise MissingFileError(f"there is no folder {data}: name one with scans in it by --data")
    settings = Places(places.config, None, places.database_url).settings()
    verdict: Verdict | None = None

    def is_kept() -> bool:
        return keep or (verdict is not None and not verdict.passed)

    with leaving_on_signals() as leave_if_asked, scratch_spool(places.spool, keep=is_kept) as spool:
        database = make_scratch(_database(places.database_url, settings, spool.root))
        try:
            with stage_progress() as on_progress:
                plan = Plan(files, kills, seed, data)
                verdict = run_soak(plan, spool, database, settings, on_progress, leave_if_asked)
        finally:
            if not is_kept():
                drop_scratch(database)
    if is_kept():
        verdict = replace(verdict, kept=f"{spool.root}, {describe(database)}")
    if json:
        write_json(verdict.as_json())
    else:
        typer.echo(verdict.line())
        if verdict.kept:
            note(f"spool, database and log are kept: {verdict.kept}")
    if not verdict.passed:
        raise typer.Exit(_FAILED)


def _database(named: str | None, settings: "Settings", root: Path) -> str:
    """Choose the database: the one that is named, else the user's server, else a file beside the files."""
    from storage.urls import is_sqlite, sqlite_url

    if named is not None:
        return named
    url = settings.database()
    return sqlite_url(root / "results.db") if is_sqlite(url) else url
