"""`run` and `once`: the daemon itself."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.absent import no_spool
from daemon.cli.options import Places, placed
from daemon.collecting import importing

if TYPE_CHECKING:
    from daemon.cli.onlooking import AtTerminal
    from daemon.monitoring.systemd import Notifier
    from daemon.settings.fields import Settings


def add_to(app: typer.Typer) -> None:
    """Add the commands to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(run)
    app.command()(once)


CreateOption = Annotated[
    bool, typer.Option("--create", help="Make the spool if it is not there, without asking on a terminal.")
]


@placed
def run(places: Places, *, create: CreateOption = False) -> None:
    """Watch the inbox and answer every file, until asked to stop.

    On a terminal it prints a line a scan, with its answer and the name of its file, and keeps one below that
    shows what waits, and until when; elsewhere, and with a `log_format` of text or json, it writes its log.

    A spool that is not there is made; if it was named, and on a terminal, it asks first.
    """
    with importing():
        settings, manager = _begin(places, create=create)
        from daemon.cli.onlooking import at_terminal
        from daemon.service import service

    with _no_pipe_is_a_good_end(), _shown(at_terminal(settings, answers_all=False)) as onlooker:
        service.run(settings, manager, onlooker)


@placed
def once(places: Places, *, create: CreateOption = False) -> None:
    """Answer what lies in the inbox, then leave.

    On a terminal it prints a line a scan, as `run` does, with a bar below, and at the end how all scans
    ended, where the results are, and what is to be done about failures.

    A spool that is not there is made, as by `run`.
    """
    with importing():
        settings, manager = _begin(places, create=create)
        from daemon.cli.once_summary import sum_up
        from daemon.cli.onlooking import at_terminal
        from daemon.service import service

    with _no_pipe_is_a_good_end(), _shown(at_terminal(settings, answers_all=True)) as onlooker:
        try:
            service.once(settings, manager, onlooker)
        finally:
            if onlooker is not None and onlooker.view is not None:
                onlooker.close()
                sum_up(settings, onlooker.answers, onlooker.view)


@contextmanager
def _shown(onlooker: "AtTerminal | None") -> "Iterator[AtTerminal | None]":
    """Take what was shown last away, however the daemon ended."""
    try:
        yield onlooker
    finally:
        if onlooker is not None:
            onlooker.close()


@contextmanager
def _no_pipe_is_a_good_end() -> Iterator[None]:
    """Make a pipe that broke under the daemon an error: to a command that prints it means "seen enough".

    Raises
    ------
    InputOutputError
        It broke; systemd starts the daemon again then.
    """
    from daemon.errors import InputOutputError

    try:
        yield
    except BrokenPipeError as error:
        raise InputOutputError(
            "a process that the daemon works with closed its pipe: the daemon ended. Start it again; what is "
            "claimed is finished then"
        ) from error


def _begin(places: Places, *, create: bool) -> "tuple[Settings, Notifier]":
    """Read the settings, and let the children's imports begin before ours: most of a start is imports."""
    loaded = places.load()
    settings = loaded.settings
    if loaded.sources["spool"] != "default" and not create:
        _ask_for_new(settings)
    from daemon.decoding.forkserver import start_early
    from daemon.monitoring.systemd import Notifier
    from daemon.spool.folders import Spool
    from daemon.spool.lock import is_held

    manager = Notifier.from_environment(os.environ)  # takes out what children must not know
    may_start = False
    with suppress(OSError):  # the service says what is wrong with the spool
        may_start = not is_held(Spool(settings.spool))
    if may_start:  # else the service refuses at once, without imports that serve nothing
        start_early()
    return settings, manager


def _ask_for_new(settings: "Settings") -> None:
    """Ask whether a spool that was named and is not there is to be made; without a terminal it is.

    Raises
    ------
    MissingFileError
        It is not to be made.
    """
    from daemon.errors import MissingFileError

    absent = no_spool(settings)
    if absent is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    try:
        is_meant = typer.confirm(f"T{absent[1:]}. Make a new one?", err=True)
    except typer.Abort:
        raise KeyboardInterrupt from None
    if not is_meant:
        raise MissingFileError(
            f"no spool was made at {settings.spool}: name the one that you mean by --spool, "
            "or make this one by --create"
        )
