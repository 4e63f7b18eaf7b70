"""`model list`: the releases that are known here, and which of them answers."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from daemon.cli.absent import no_spool
from daemon.cli.options import Places, placed
from daemon.cli.output import Format, note, write_rows

if TYPE_CHECKING:
    from daemon.settings.fields import Settings

COLUMNS: Final = ("model", "input_size", "within_auroc", "in_use", "previous", "path", "fault")
TABLE_COLUMNS: Final = COLUMNS[:-1]


def add_to(app: typer.Typer) -> None:
    """Add the command to a family.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command("list")(list_releases)


@placed
def list_releases(
    places: Places,
    *,
    form: Annotated[Format, typer.Option("--format", help="How to print them.")] = Format.TABLE,
) -> None:
    """List the releases that ship, and those that were chosen.

    in_use says why one answers: `setting` (model names it), `choice` (`model use`), or `newest`. within_auroc
    is its card's first figure, measured on its own pictures, so that two releases may not compare.
    """
    from daemon.errors import ConfigurationError
    from daemon.settings.chosen_release import folder_of, read_choice, release_in_use
    from model.errors import ReleaseError

    loaded = places.load()
    settings = loaded.settings
    in_use: tuple[Path | None, str | None] = (None, None)
    previous: Path | None = None
    problem: Exception | None = None
    try:
        choice = read_choice(settings.spool) if settings.model is None else None
        if choice is not None and choice.previous is not None:
            previous = folder_of(choice.previous)
        in_use = release_in_use(settings)
    except (ConfigurationError, ReleaseError) as error:
        problem = error  # what there is to choose from is wanted the more
    rows = [
        {
            **_row(folder),
            "in_use": in_use[1] if folder == in_use[0] else None,
            "previous": folder == previous,
        }
        for folder in known_folders(settings)
    ]
    write_rows(rows, COLUMNS, form, table_columns=TABLE_COLUMNS)
    for fault in (row["fault"] for row in rows if row["fault"]):
        note(f"not usable: {fault}")
    if settings.model is not None:
        note(f"the setting model ({loaded.sources['model']}) decides; `inboxray model use` has no effect")
    if (absent := no_spool(settings)) is not None:
        note(f"{absent}, so none was chosen there")
    if in_use[0] is not None and (other := other_of_daemon(settings, in_use[0])) is not None:
        note(other)
    if problem is not None:
        raise problem


def other_of_daemon(settings: "Settings", in_use: Path) -> str | None:
    """Say that the running daemon answers with another release than a new one would.

    Parameters
    ----------
    settings : Settings
    in_use : Path
        What `daemon.settings.chosen_release.release_folder` finds now.

    Returns
    -------
    str or None
        None where no daemon runs, or it has the same.
    """
    from daemon.monitoring.status_file import daemon_is_running, read_status

    if not daemon_is_running(settings.spool):
        return None
    now = (read_status(settings.spool) or {}).get("model")
    wanted = label_of(in_use)
    if now is None or wanted is None or now == wanted:
        return None
    return f"the running daemon still answers with {now}, and takes {wanted} at its next start"


def known_folders(settings: "Settings") -> list[Path]:
    """List the folders of the releases that ship, newest first, and of the others that are or were in use.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    list of Path
        None twice; one of those that were in use may be gone.

    Raises
    ------
    PermissionError
        This user may not read which was chosen.
    """
    from daemon.errors import ConfigurationError
    from daemon.settings.chosen_release import folder_of, read_choice
    from model.release import shipped_folders

    folders = shipped_folders()
    if settings.model is not None:
        return list(dict.fromkeys([*folders, settings.model]))
    try:
        choice = read_choice(settings.spool)
    except ConfigurationError:  # what names no release adds none
        choice = None
    if choice is not None:
        folders += [folder_of(one) for one in (choice.current, choice.previous) if one is not None]
    return list(dict.fromkeys(folders))


def named_release(name: str, settings: "Settings") -> Path:
    """Find a release by its name if it ships, or is or was in use, else by its path.

    Parameters
    ----------
    name : str
        A folder, or ``NAME@VERSION`` as the list shows it, or the name of a folder that ships.
    settings : Settings

    Returns
    -------
    Path
        With a manifest; nothing in it is verified yet.

    Raises
    ------
    MissingFileError
        There is none of that name.
    ReleaseError
        There is a folder, and no release in it.
    """
    from daemon.errors import MissingFileError
    from model.errors import ReleaseError
    from model.release import MANIFEST, holds_release, shipped_folders, shipped_release

    if (ours := shipped_release(name)) is not None:
        return ours
    for known in known_folders(settings) if "@" in name else ():
        if label_of(known) == name:
            return known
    folder = Path(name).expanduser().absolute()
    if holds_release(folder):
        return folder
    if os.path.lexists(folder):
        raise ReleaseError(f"there is no release at {folder}: a folder with a {MANIFEST} is needed")
    shipped = shipped_folders()
    raise MissingFileError(
        f"there is no release {name}: name one that `inboxray model list` shows, such as "
        f"{label_of(shipped[0]) if shipped else 'NAME@VERSION'}, or the folder of another"
    )


def label_of(folder: Path) -> str | None:
    """Return the name and version of a release.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    str or None
        None if it is no sound release.
    """
    from model.errors import ReleaseError
    from model.release import open_release

    try:
        return open_release(folder).label
    except ReleaseError:
        return None


def _row(folder: Path) -> dict[str, Any]:
    from model.errors import ReleaseError
    from model.release import open_release

    row: dict[str, Any] = {**dict.fromkeys(COLUMNS), "model": folder.name, "path": str(folder)}
    try:
        release = open_release(folder)
    except ReleaseError as error:
        return row | {"fault": str(error)}
    return row | {
        "model": release.label,
        "input_size": release.shape.input_size,
        "within_auroc": _within_auroc(release.evaluation),
    }


def _within_auroc(evaluation: Mapping[str, Any]) -> float | None:
    """Take the headline of a report; None from a release that was not measured, or otherwise."""
    try:
        return float(evaluation["assessment"]["groups"][0]["figures"]["within_auroc"]["value"])
    except (KeyError, IndexError, TypeError, ValueError):
        return None
