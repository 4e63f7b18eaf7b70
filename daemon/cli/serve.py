"""`run` and `once`: the daemon itself."""

from typing import TYPE_CHECKING

import typer

from daemon.cli.places import Places, placed

if TYPE_CHECKING:
    from daemon.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(run)
    app.command()(once)


@placed
def run(places: Places) -> None:
    """Watch the inbox and answer every file, until asked to stop."""
    settings = _begin(places)
    from daemon import service

    service.run(settings)


@placed
def once(places: Places) -> None:
    """Answer what lies in the inbox, then leave."""
    settings = _begin(places)
    from daemon import service

    service.once(settings)


def _begin(places: Places) -> "Settings":
    """Read the settings, and let the children's imports begin before ours: a second of a start is imports."""
    settings = places.settings()
    from daemon.child_server import start_early

    start_early()
    return settings
