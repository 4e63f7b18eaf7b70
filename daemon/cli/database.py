"""`db`: upgrade the schema, compare rows with files, back up and restore the database, move it elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from daemon.cli.arguments import counted
from daemon.cli.audited import audited
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_rows

if TYPE_CHECKING:
    from daemon.settings.fields import Settings
    from daemon.spool.reconcile import Difference
    from storage.engine import Engine

app = typer.Typer(help="The results database: upgrade, check, backup, restore, copy.", no_args_is_help=True)

COLUMNS: Final = ("finding", "scan_id", "path", "again_as")

_ADVICE: Final = {
    "missing_file": "drop missing files into the inbox again",
    "orphan_file": "put orphans back with --requeue-orphans",
    "changed_file": "find out who changed files, and drop the right ones into the inbox again",
    "removed_early": "set the clock, and get files that retention took too early from a backup of the spool",
    "unreadable_file": "give this user the rights on files that cannot be read",
}
_CAUSES: Final = {
    "orphan_file": "files that came after the backup have no row (`inboxray db check --requeue-orphans` has "
    "them answered again)",
    "missing_file": "rows whose file was requeued or removed since have no file",
}


@app.command()
@placed
def upgrade(
    places: Places,
    *,
    backup: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="First copy an older SQLite database to this file."),
    ] = None,
) -> None:
    """Bring the database to this version's schema.

    Makes it if it is not there. Every row is kept.
    """
    from daemon.settings.migration_scripts import script_location
    from storage.backup import back_up
    from storage.engine import open_engine
    from storage.readiness import refuse_no_database, refuse_stale_log
    from storage.revision import head, look
    from storage.upgrade import upgrade as bring_up
    from storage.urls import is_sqlite, sqlite_path

    settings = places.settings()
    if backup is not None and not is_sqlite(settings.database()):
        note("a server is backed up by its own tools (pg_dump), and was not here")
        backup = None
    refuse_no_database(settings.database())
    refuse_stale_log(settings.database())
    engine = open_engine(settings.database())
    newest = head(script_location())
    try:
        found = look(engine)
        if backup is not None and not found.is_empty and found.revision != newest:
            back_up(sqlite_path(settings.database()), backup)
            note(f"{backup} is a whole copy of the database at revision {found.revision}")
        applied = bring_up(engine, script_location())
    finally:
        engine.dispose()
    for revision in applied:
        note(f"applied revision {revision}")
    up_to_date = f"{settings.masked_database()}: the schema is up to date ({newest})"
    if applied:
        note(f"{up_to_date}; there was nothing to back up" if backup and found.is_empty else up_to_date)
    else:
        note(f"{up_to_date}: nothing was changed" + (f", so {backup} was not written" if backup else ""))


@app.command()
@placed
def check(
    places: Places,
    *,
    deep: Annotated[bool, typer.Option("--deep", help="Compare each file's hash too.")] = False,
    requeue_orphans: Annotated[
        bool, typer.Option("--requeue-orphans", help="Put files without a row back into the inbox.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
) -> None:
    """Compare rows with files, both ways.

    Exits 65 if they differ.
    """
    from daemon.errors import BadDataError

    settings = places.settings()
    found = _left(settings, _report(_compare(settings, deep=deep), form), requeue_orphans=requeue_orphans)
    if found:
        advice = [text for finding, text in _ADVICE.items() if any(one.finding == finding for one in found)]
        raise BadDataError(
            f"rows and files differ in {counted(len(found), 'place')}; " + ", and ".join(advice)
        )
    note("rows and files agree")


@app.command()
@placed
def backup(
    places: Places,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; replaced if it is there.")],
) -> None:
    """Copy the database to a file while the daemon works.

    A PostgreSQL server is backed up by pg_dump, and this says how.
    """
    from daemon.cli.open_results import reading
    from storage.backup import back_up
    from storage.urls import sqlite_path

    settings = places.settings()
    _refuse_server(settings, "pg_dump --format=custom --file=FILE DATABASE_URL")
    with reading(settings), audited(settings, "db backup"):  # it is there, and is ours
        back_up(sqlite_path(settings.database()), file)
    note(f"{file} is a whole copy; it holds what the database holds of patients")


@app.command()
@placed
def restore(
    places: Places,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `db backup` made.")],
    *,
    requeue_orphans: Annotated[
        bool, typer.Option("--requeue-orphans", help="Put files without a row back into the inbox.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
) -> None:
    """Put a backup in the place of the database, and compare its rows with the files.

    No daemon may run. What stood there keeps another name. Exits 65 if rows and files differ then.
    """
    from daemon.errors import BadDataError, MissingFileError
    from daemon.spool.folders import Spool, create
    from daemon.spool.lock import hold_lock
    from storage.backup import put_back
    from storage.urls import sqlite_path

    settings = places.settings()
    _refuse_server(settings, "pg_restore --clean --if-exists --dbname=DATABASE_URL FILE")
    if not file.exists():
        raise MissingFileError(f"there is no file {file}: name one that `inboxray db backup` made")
    spool = Spool(settings.spool)
    if create(spool):
        note(f"there was no spool at {spool.root}: a new one was made")
    with hold_lock(spool):
        with audited(settings, "db restore"):
            aside = put_back(file, sqlite_path(settings.database()))
        if aside is not None:
            note(f"the database that stood there is {aside} now")
        found = _left(
            settings, _report(_compare(settings, deep=False), form), requeue_orphans=requeue_orphans
        )
    if found:
        left = {one.finding for one in found}
        raise BadDataError(
            f"{file} is restored, and rows and files differ in {counted(len(found), 'place')}: "
            + ", and ".join(text for finding, text in _CAUSES.items() if finding in left)
        )
    note(f"{file} is restored, and rows and files agree")


@app.command()
@placed
def copy(
    places: Places,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="Of an empty database: sqlite:///PATH or postgresql://...")
    ],
) -> None:
    """Copy every row into another database, as from SQLite to PostgreSQL.

    All or nothing, and compared before it counts. No daemon may run. Leave a password to ~/.pgpass or
    PGPASSWORD: others may see the commands of a machine.
    """
    from daemon.cli.open_results import reading
    from daemon.settings.migration_scripts import script_location
    from daemon.spool.folders import Spool, create
    from daemon.spool.lock import hold_lock
    from storage.copy import copy_database
    from storage.urls import mask_url

    settings = places.settings()
    spool = Spool(settings.spool)
    with reading(settings):  # else a mistyped --spool would make a new one
        create(spool)
    with hold_lock(spool), reading(settings) as source:
        target = _target(url)
        try:
            with audited(settings, "db copy") as facts:
                copied = copy_database(source, target, script_location())
                facts["rows"] = sum(one.rows for one in copied)
        finally:
            target.dispose()
    write_rows(
        [{"table": one.table, "rows": one.rows, "sha256": one.sha256} for one in copied],
        ("table", "rows", "sha256"),
        Format.TABLE,
    )
    note(
        f"{mask_url(url)} holds the same rows, compared by these digests; set database_url to it, "
        "then start the daemon"
    )


def _target(url: str) -> "Engine":
    """Open where the rows go; the words of storage are about the setting, and this is none."""
    from storage.engine import open_engine
    from storage.errors import BadDatabaseUrl, CannotCreateExport
    from storage.urls import EXAMPLES, is_sqlite, sqlite_path

    try:
        file = sqlite_path(url) if is_sqlite(url) else None
    except BadDatabaseUrl:
        raise typer.BadParameter(f"the URL of a database is wanted; {EXAMPLES}", param_hint="URL") from None
    if file is not None and not file.parent.is_dir():
        raise CannotCreateExport(f"{file} cannot be made: there is no folder {file.parent}; make it first")
    return open_engine(url)


def _refuse_server(settings: "Settings", instead: str) -> None:
    from daemon.errors import UsageError
    from storage.urls import is_sqlite

    if not is_sqlite(settings.database()):
        raise UsageError(
            f"the database is a PostgreSQL server, which has its own tools: {instead}; then compare rows "
            "with files: inboxray db check"
        )


def _report(found: "list[Difference]", form: Format) -> "list[Difference]":
    """Print all that was found; return what something has to be done about."""
    rows = [{column: getattr(one, column) for column in COLUMNS} for one in found]
    if rows or form is not Format.TABLE:
        write_rows(rows, COLUMNS, form)
    settled = [one for one in found if one.is_settled]
    if settled:
        note(
            f"{counted(len(settled), 'lost file')} came again: a later scan has the same bytes, no difference"
        )
    return [one for one in found if not one.is_settled]


def _left(settings: "Settings", found: "list[Difference]", *, requeue_orphans: bool) -> "list[Difference]":
    """Put files without a row back if that was asked for; return the differences that stay."""
    from daemon.inbox.markers import Markers
    from daemon.spool.folders import Spool
    from daemon.spool.requeue import return_orphan

    if not requeue_orphans:
        return found
    spool = Spool(settings.spool)
    markers = Markers(spool.inbox, settings.marker_suffixes)
    orphans = [one for one in found if one.finding == "orphan_file"]
    with audited(settings, "db check --requeue-orphans", files=0) as facts:
        for returned, orphan in enumerate(orphans, start=1):
            markers.restore(return_orphan(spool, orphan.path))
            facts["files"] = returned
    note(f"{counted(len(orphans), 'file')} without a row put back into the inbox")
    return [one for one in found if one not in orphans]


def _compare(settings: "Settings", *, deep: bool) -> "list[Difference]":
    from daemon.checks.differences import differences
    from daemon.cli.open_results import reading
    from daemon.spool.folders import Spool

    with reading(settings) as engine:
        return list(differences(engine, Spool(settings.spool), deep=deep))
