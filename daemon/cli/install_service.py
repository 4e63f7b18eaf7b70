"""`install-service` and `uninstall-service`: units, user, folders, manual page and completions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.cli.output import note

if TYPE_CHECKING:
    from daemon.installation import Place

Destination = Annotated[
    Path | None,
    typer.Option(
        "--destdir", metavar="ROOT", help="Into this root, for an image or a package; nothing is started."
    ),
]
Prefix = Annotated[
    Path | None,
    typer.Option(
        "--prefix", metavar="FOLDER", help="The program's environment; without, the one that this is in."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(install_service)
    app.command()(uninstall_service)


def install_service(
    *,
    destdir: Destination = None,
    prefix: Prefix = None,
    files_only: Annotated[
        bool, typer.Option("--files-only", help="Make no user, folder or database: for packages.")
    ] = False,
) -> None:
    """Make a systemd service of this program.

    Puts units, user, groups, folders, settings, alert rules, dashboard, manual page and completions in place,
    and says where each is. Again after an upgrade: stops what runs, copies and migrates its databases, and
    starts it again.
    """
    from daemon.installation import perform

    perform("files" if files_only else "install", _place(destdir, prefix))


def uninstall_service(*, destdir: Destination = None, prefix: Prefix = None) -> None:
    """Take the systemd service away again; scans, results, settings and the program stay."""
    from daemon.installation import perform

    place = _place(destdir, prefix)
    perform("uninstall", place)
    note(f"inboxray: the program stays in {place.prefix}")


def _place(destdir: Path | None, prefix: Path | None) -> "Place":
    from daemon.installation import Place, this_environment

    root = None if destdir is None else destdir.absolute()
    return Place(root, this_environment(root) if prefix is None else prefix)
