"""`db`: upgrade the schema, and compare rows with files."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Final

import typer

from daemon.cli.output import Format, note, write_rows
from daemon.cli.places import Places, placed

if TYPE_CHECKING:
    from daemon.audit import Difference
    from daemon.settings import Settings

app = typer.Typer(help="The results database: upgrade, check.", no_args_is_help=True)

COLUMNS: Final = ("finding", "scan_id", "path")


@app.command()
@placed
def upgrade(places: Places) -> None:
    """Bring the database to this version's schema.

    Makes it if it is not there.
    """
    from daemon.revisions import script_location
    from storage.engine import open_engine
    from storage.revision import head
    from storage.revision import upgrade as bring_up

    settings = places.settings()
    engine = open_engine(settings.database())
    try:
        applied = bring_up(engine, script_location())
    finally:
        engine.dispose()
    for revision in applied:
        note(f"applied revision {revision}")
    note(f"{settings.masked_database()} is at head, {head(script_location())}")


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
    from daemon.requeue import return_orphan
    from daemon.spool import Spool

    settings = places.settings()
    found = _compare(settings, deep=deep)
    rows = [{"finding": one.finding, "scan_id": one.scan_id, "path": one.path} for one in found]
    if rows or form is not Format.TABLE:
        write_rows(rows, COLUMNS, form)
    orphans = [one for one in found if one.finding == "orphan_file"]
    if requeue_orphans:
        for orphan in orphans:
            return_orphan(Spool(settings.spool), orphan.path)
        note(f"{len(orphans)} files without a row are back in the inbox")
    left = len(found) - (len(orphans) if requeue_orphans else 0)
    if left:
        raise BadDataError(
            f"rows and files differ in {left} places; drop missing files into the inbox again, "
            "and put orphans back with --requeue-orphans"
        )
    note("rows and files agree")


def _compare(settings: "Settings", *, deep: bool) -> "list[Difference]":
    from daemon.audit import compare
    from daemon.cli.reading import reading
    from daemon.spool import Spool
    from storage.queries import results, scan

    with reading(settings) as engine, closing(results(engine)) as rows:

        def was_requeued(scan_id: str) -> bool:
            return bool(scan(engine, scan_id).requeues)

        return list(compare(Spool(settings.spool), rows, was_requeued, deep=deep))
