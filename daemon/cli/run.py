"""`run` and `once`: the daemon itself."""

import os
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from daemon.cli.options import Places, placed

if TYPE_CHECKING:
    from daemon.monitoring.systemd import Notifier
    from daemon.settings.fields import Settings


def add_to(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(run)
    app.command()(once)


@placed
def run(places: Places) -> None:
    """Watch the inbox and answer every file, until asked to stop."""
    settings, manager = _begin(places)
    from daemon.service import service

    service.run(settings, manager)


@placed
def once(places: Places) -> None:
    """Answer what lies in the inbox, then leave."""
    settings, manager = _begin(places)
    from daemon.service import service

    service.once(settings, manager)


def _begin(places: Places) -> "tuple[Settings, Notifier]":
    """Read the settings, and let the children's imports begin before ours: most of a start is imports."""
    settings = places.settings()
    from daemon.decoding.forkserver import start_early
    from daemon.monitoring.systemd import Notifier
    from daemon.spool.folders import Spool
    from daemon.spool.lock import is_held

    manager = Notifier.from_environment(os.environ)  # takes out what children must not know
    is_taken = False
    with suppress(OSError):  # the service says what is wrong with the spool
        is_taken = is_held(Spool(settings.spool))
    if not is_taken:  # else the service refuses, and nobody waits for imports that serve nothing
        start_early()
    return settings, manager
