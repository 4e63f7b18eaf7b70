"""Which release answers: that of the setting `model`, else the one that was chosen, else the newest.

A choice holds for one spool, and lies in it: the daemon and each command on that spool go by it.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from daemon.errors import ConfigurationError
from daemon.settings.fields import Settings
from model.errors import ReleaseError
from model.release import MANIFEST, RELEASES, find_release
from storage.durable.replace import Synced, replace_file

FILE_NAME: Final = ".model.json"

Reason = Literal["setting", "choice", "newest"]

_MODE: Final = 0o644  # the daemon's user reads what root chose; nothing in it is of patients
_MAX_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Choice:
    """Which release was chosen, and which one was in use before.

    Parameters
    ----------
    current : str
        The name of a folder that ships, or the absolute path of another.
    previous : str or None
        Likewise; None if none is known.
    """

    current: str
    previous: str | None = None


def release_folder(settings: Settings) -> Path:
    """Find the folder of the release that answers.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    Path
        With a manifest; nothing in it is verified yet.

    Raises
    ------
    ConfigurationError
        The file of the choice is malformed.
    ReleaseError
        There is no release where the setting or the choice says so, or none ships.
    PermissionError
        This user may not read the file of the choice.
    """
    return release_in_use(settings)[0]


def release_in_use(settings: Settings) -> tuple[Path, Reason]:
    """Find the folder of the release that answers, and say what decided; see `release_folder`.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    folder : Path
    reason : {"setting", "choice", "newest"}
    """
    if settings.model is not None:
        return find_release(settings.model), "setting"
    choice = read_choice(settings.spool)
    if choice is None:
        return find_release(), "newest"
    folder = folder_of(choice.current)
    if not (folder / MANIFEST).is_file():
        raise ReleaseError(
            f"the release that `inboxray model use` chose is not at {folder} any more: bring it back, choose "
            "another (`inboxray model list` names them), or go back by `inboxray model rollback`"
        )
    return folder, "choice"


def folder_of(chosen: str) -> Path:
    """Return the folder that a choice means.

    Parameters
    ----------
    chosen : str
        As `Choice.current`.

    Returns
    -------
    Path
    """
    return RELEASES / chosen  # which an absolute path replaces


def as_chosen(folder: Path) -> str:
    """Write a folder as a choice has it: one that ships by name, so that an upgrade may move all of them.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    str
    """
    folder = folder.absolute()
    return folder.name if folder.parent.resolve() == RELEASES.resolve() else str(folder)


def read_choice(spool: Path) -> Choice | None:
    """Read which release was chosen for a spool.

    Parameters
    ----------
    spool : Path

    Returns
    -------
    Choice or None
        None if none was, or there is no spool.

    Raises
    ------
    ConfigurationError
        The file is malformed.
    PermissionError
        This user may not read it.
    """
    path = spool / FILE_NAME
    try:
        with path.open("rb") as stream:
            content = stream.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        return _parse(content)
    except (ValueError, RecursionError):
        raise ConfigurationError(
            f"{path} is malformed, so which release was chosen is not known: choose anew by "
            "`inboxray model use NAME` (`inboxray model list` names them), or remove the file to use the "
            "newest that ships"
        ) from None


def write_choice(spool: Path, choice: Choice) -> None:
    """Write which release is chosen for a spool, in one step, to stay.

    Parameters
    ----------
    spool : Path
        It is there.
    choice : Choice

    Raises
    ------
    OSError
        It cannot be written; the choice of before stands.
    """
    content = json.dumps(asdict(choice)).encode() + b"\n"
    replace_file(spool / FILE_NAME, content, Synced.CONTENT_AND_NAME, mode=_MODE)


def _parse(content: bytes) -> Choice:
    """Read a choice, trusting nothing in it."""
    if len(content) > _MAX_BYTES:
        raise ValueError("a choice is short")
    plain = json.loads(content)
    if not isinstance(plain, dict) or plain.keys() != {"current", "previous"}:
        raise ValueError("a choice has two keys")
    previous = plain["previous"]
    return Choice(_place(plain["current"]), None if previous is None else _place(previous))


def _place(value: Any) -> str:
    """Take the name of a folder, or an absolute path."""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("a text is needed")
    path = Path(value)
    if not path.is_absolute() and (len(path.parts) != 1 or value in {".", ".."}):
        raise ValueError("a name, or an absolute path, is needed")
    return value
