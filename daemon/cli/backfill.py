"""`backfill`: answer an archive where it lies."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from daemon.cli.arguments import counted
from daemon.cli.audited import audited
from daemon.cli.filter_options import filtered
from daemon.cli.fitting_clock import in_words
from daemon.cli.options import Places, placed
from daemon.cli.output import note, write_json, write_pairs
from daemon.cli.progress import stage_progress

if TYPE_CHECKING:
    from daemon.backfill.plan import Order
    from daemon.backfill.sources import Source
    from daemon.backfill.wish import Wish
    from daemon.settings.fields import Settings
    from model.release import Release
    from storage.filters import Filters


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(backfill)


@placed
@filtered
def backfill(
    places: Places,
    filters: "Filters",
    *,
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="An archive; nothing in it is changed.")
    ] = None,
    again: Annotated[
        bool,
        typer.Option(
            "--again", help="Instead of a folder: files whose answer is of another release, where they lie."
        ),
    ] = False,
    newest_first: Annotated[
        bool, typer.Option("--newest-first", help="By the time of the last change, as the disk has it.")
    ] = False,
    oldest_first: Annotated[
        bool, typer.Option("--oldest-first", help="The other way round; without either, by name.")
    ] = False,
    rate: Annotated[float | None, typer.Option(min=0.001, help="Files a second, at most.")] = None,
    hours: Annotated[
        str | None,
        typer.Option(metavar="FROM-TO", help="Begin files only then, local time, such as 19-07."),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--walk-again", help="Make a new plan, although an earlier one is not finished.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what there is, and write nothing.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print how it ended as JSON.")] = False,
) -> None:
    """Answer the files of an archive where they lie: none is moved, renamed, changed or deleted.

    Each gets one row, as in the inbox; its stored_path is its whole path. Ended in any way, the same command
    goes on. Files of no format of ours are counted and get no row. A daemon may run beside it, on the same
    database.

    With --again, the options that choose are those of `results`: what they find and another release
    answered, is answered by the present one, in a further row that supersedes the old one.

    Exits 74, after all others are answered, if folders could not be listed or files not be looked at.
    """
    from daemon.backfill.backfill import backfill as answer
    from daemon.backfill.pace import Hours
    from daemon.backfill.wish import Wish
    from daemon.decoding.forkserver import start_early
    from daemon.errors import InputOutputError
    from daemon.settings.chosen_release import release_folder
    from model.release import open_release

    _check(folder, filters, again=again, newest=newest_first, oldest=oldest_first)
    settings = places.settings()
    if not dry_run:
        start_early()
    release = open_release(release_folder(settings))
    order: Order = "newest" if newest_first else "oldest" if oldest_first else "names"
    source = _source(settings, release, folder, filters, order)
    if dry_run:
        _count(settings, release, source, json=json)
        return
    wish = Wish(source, rate, Hours() if hours is None else Hours.parse(hours), anew)
    with audited(settings, "backfill", answered=0) as facts:
        state = _answered(answer, settings, release, wish)
        facts["answered"] = int(state.get("answered", 0))
    _sum_up(state, json=json)
    unread = [
        f"{counted(state[name], kind)} could not be {what}"
        for name, kind, what in (
            ("unreadable_folders", "folder", "listed"),
            ("unreadable", "file", "looked at"),
        )
        if state.get(name)
    ]
    if unread:
        raise InputOutputError(
            f"{' and '.join(unread)}, and got no row; their names are in {_list(settings, source)}. Give "
            "this user the right to read them, or mend the disk or the share, then run it again"
        )


def _answered(answer: Any, settings: "Settings", release: "Release", wish: "Wish") -> Mapping[str, Any]:
    with stage_progress() as bar:

        def show(state: Mapping[str, Any]) -> None:
            if state["state"] == "planning":
                bar("planning", state.get("met", 0), 0)
            else:
                bar("answering", state["done"], state["total"])

        result: Mapping[str, Any] = answer(settings, release, wish, show)
        return result


def _check(folder: Path | None, filters: "Filters", *, again: bool, newest: bool, oldest: bool) -> None:
    from storage.filters import Filters

    if (folder is None) != again:
        raise typer.BadParameter("give either a folder or --again", param_hint="FOLDER")
    if newest and oldest:
        raise typer.BadParameter("give one of --newest-first and --oldest-first", param_hint="--oldest-first")
    if not again and filters != Filters():
        raise typer.BadParameter(
            "what chooses among answers belongs to --again: of a folder all files are answered",
            param_hint="FOLDER",
        )


def _source(
    settings: "Settings", release: "Release", folder: Path | None, filters: "Filters", order: "Order"
) -> "Source":
    from daemon.backfill.sources import Again, Folder
    from daemon.inbox.sweep import Ignore
    from daemon.spool.folders import Spool

    spool = Spool(settings.spool)
    if folder is None:
        filters = replace(filters, order="newest" if order == "newest" else "oldest")
        return Again(filters, spool, release.sha256)
    return Folder.at(folder, order, Ignore(settings.never_claimed), spool)


def _count(settings: "Settings", release: "Release", source: "Source", *, json: bool) -> None:
    from daemon.backfill.rehearsal import rehearse
    from daemon.cli.open_results import reading
    from daemon.errors import MissingFileError
    from daemon.spool.names import encode_name

    with ExitStack() as parts:
        engine = None
        try:
            engine = parts.enter_context(reading(settings))
        except MissingFileError:
            note("there is no results database yet: nothing is known to be answered")
        counts = rehearse(
            source, release, engine, lambda path: note(f"cannot be listed: {encode_name(path)}")
        )
    if json:
        write_json(counts)
    else:
        write_pairs(counts.items())


def _sum_up(state: Mapping[str, Any], *, json: bool) -> None:
    from daemon.backfill.tally import ENDS

    if json:
        write_json(state)
        return
    write_pairs((name, state.get(name)) for name in ("total", *ENDS))
    for outcome, scans in sorted(state.get("outcomes", {}).items()):
        note(f"{outcome}: {scans}")
    if state.get("not_ours"):
        note(f"{counted(state['not_ours'], 'file')} of other programs got no row")
    if state.get("changed"):
        note("files that were written to meanwhile got no row: run it again")


def described(state: Mapping[str, Any]) -> str:
    """Say in a line how far a backfill is, for `status`.

    Parameters
    ----------
    state : mapping
        Of `daemon.backfill.journal.known_backfills`.

    Returns
    -------
    str
    """
    if not state.get("running") and state.get("state") != "finished":
        word = "stopped: the same command goes on"
    elif state.get("pauses"):
        word = "waits: " + ", ".join(f"{name} ({one['cause']})" for name, one in state["pauses"].items())
    else:
        word = (
            "rests until its hours"
            if state.get("running") and state.get("rests")
            else str(state.get("state"))
        )
    if state.get("total") is None:
        return f"{word}, {state.get('met', 0)} files met"
    left = state.get("left_s")
    rest = f", {in_words(left)} left" if left and state.get("running") else ""
    return f"{word}, {state.get('done', 0)} of {state['total']} files{rest}"


def _list(settings: "Settings", source: "Source") -> str:
    from daemon.backfill.journal import Journal
    from daemon.spool.folders import Spool

    return os.fspath(Journal(Spool(settings.spool), source.name).unreadable)
