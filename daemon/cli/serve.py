"""`run` and `once`: the daemon itself."""

import typer

from daemon.cli.places import Places, placed


def add_to(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(run)
    app.command()(once)


@placed
def run(places: Places) -> None:
    """Watch the inbox and answer every file, until asked to stop."""
    from daemon import service

    service.run(places.settings())


@placed
def once(places: Places) -> None:
    """Answer what lies in the inbox, then leave."""
    from daemon import service

    service.once(places.settings())
