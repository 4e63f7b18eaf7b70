"""Make a systemd service of the installed program, by the script `service.sh`.

The script and all that it puts in place ship with the package, as `daemon/service_files`; in the source, and
in an editable installation, they are in `systemd/`. `make install` and the Debian package run it, too.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from daemon.errors import CannotCreateError, ConfigurationError

_SHIPPED: Final = "service_files"

Step = Literal["install", "files", "uninstall"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is installed.

    Parameters
    ----------
    destdir : Path or None
        A root to install into, for images and packages; None: this machine's.
    prefix : Path
        The environment of the program, as it is named where the service will run.
    """

    destdir: Path | None
    prefix: Path


def service_files(package: Path = Path(__file__).parent) -> Path:
    """Find the folder of units, users, roles, alerts and the script that puts them in place.

    Parameters
    ----------
    package : Path
        The installed package `daemon`.

    Returns
    -------
    Path

    Raises
    ------
    ConfigurationError
        The installation lacks them.
    """
    for folder in (package / _SHIPPED, package.parent / "systemd"):
        if (folder / "service.sh").is_file():
            return folder
    raise ConfigurationError(
        "the files of the service are missing from this installation: install inboxray again"
    )


def this_environment(destdir: Path | None) -> Path:
    """Name the environment of this program, as it will be named when the root `destdir` runs.

    Parameters
    ----------
    destdir : Path or None
        The root that is installed into; None: the one of this machine.

    Returns
    -------
    Path
    """
    prefix = Path(sys.prefix)
    if destdir is not None and prefix.is_relative_to(destdir.resolve()):
        return Path("/") / prefix.relative_to(destdir.resolve())
    return prefix


def perform(step: Step, place: Place) -> None:
    """Install or uninstall the service; what is done, and what is next, is written to stderr.

    Parameters
    ----------
    step : {"install", "files", "uninstall"}
        `files` puts files in place and nothing else: for packages.
    place : Place

    Raises
    ------
    CannotCreateError
        Something could not be made, or a unit could not start the program; the reason was written to stderr.
    ConfigurationError
        The installation lacks the script.
    """
    environment = os.environ | {"PREFIX": str(place.prefix), "PYTHON": sys.executable}
    environment["DESTDIR"] = "" if place.destdir is None else str(place.destdir)
    script = service_files() / "service.sh"
    ended = subprocess.run(  # noqa: S603 -- our own script
        ["/bin/sh", str(script), step], env=environment, stdout=sys.stderr.fileno(), check=False
    )
    if ended.returncode:
        raise CannotCreateError(f"`{script.name} {step}` did not end well; the reason is above")
