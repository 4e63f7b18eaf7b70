"""The folder that is given away: files by patient and study, and what is known of each to go on by.

A file has its name when it is whole; a scan has its note when all of its files have theirs. So a stop at any
moment costs the scan that was under way, and the next export makes it again, with the same bytes.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

from daemon.errors import CannotCreateError, ConfigurationError, InputOutputError, SpoolInUseError, errno_name
from daemon.network.sharing.manifest import COLUMNS, SKIPPED, table
from storage.durable.replace import Synced, replace_file
from storage.durable.sync import sync_all, sync_folder

STATE: Final = ".inboxray"
"""The folder of what is known; it is for later exports alone."""
MANIFEST: Final = "manifest.csv"
SKIPPED_FILE: Final = "skipped.csv"
_OWNER: Final = "key.json"
_MODE: Final = 0o700
_NO_ROOM: Final = frozenset({"ENOSPC", "EDQUOT"})


class ShareFolder:
    """The folder of an export; a context manager that holds it alone.

    Parameters
    ----------
    root : Path
        Made if it is missing.
    fingerprint : str
        Of the key: the pseudonyms of two keys do not belong into one folder.

    Raises
    ------
    CannotCreateError, InputOutputError
        It cannot be made or written.
    ConfigurationError
        It has files of another key.
    SpoolInUseError
        Another export writes into it.
    """

    def __init__(self, root: Path, fingerprint: str) -> None:
        self.root, self._fingerprint = root, fingerprint
        self._notes = root / STATE / "scans"
        self._owners: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            self._notes.mkdir(mode=_MODE, parents=True, exist_ok=True)
            self._lock = (self.root / STATE / "lock").open("w")
        except OSError as error:
            raise CannotCreateError(f"the folder of --out cannot be made ({errno_name(error)})") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise SpoolInUseError(
                "another export writes into the folder of --out: wait for its end"
            ) from None
        try:
            self._begin()
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    @contextmanager
    def work(self) -> Iterator[Path]:
        """Give a folder for the files of one scan; what is left in it goes.

        Yields
        ------
        Path
            On the same disk.

        Raises
        ------
        InputOutputError
            The disk takes none.
        """
        with disk_errors():
            made = tempfile.mkdtemp(prefix="work-", dir=self.root / STATE)
        try:
            yield Path(made)
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def place(self, scan: str, files: Mapping[Path, str], note: Mapping[str, Any]) -> None:
        """Give the files of a scan their names, and note that they have them.

        Parameters
        ----------
        scan : str
            Its pseudonym.
        files : mapping of Path to str
            Where each lies now, and its path in the folder.
        note : mapping

        Raises
        ------
        InputOutputError
            The disk does not take them.
        """
        with disk_errors():
            sync_all(files=[os.fsencode(file) for file in files])
            folders = set()
            for file, name in files.items():
                target = self.root / name
                target.parent.mkdir(mode=_MODE, parents=True, exist_ok=True)
                file.replace(target)
                folders.add(target.parent)
            for folder in folders:
                for one in (folder, folder.parent, folder.parent.parent):
                    sync_folder(one)
            replace_file(self._note_of(scan), json.dumps(note).encode(), Synced.CONTENT_AND_NAME, mode=0o600)
        self._owners[note["row"]["file"]] = scan

    def note(self, scan: str) -> dict[str, Any] | None:
        """Return what is known of a scan whose files all lie there.

        Parameters
        ----------
        scan : str

        Returns
        -------
        dict or None
        """
        try:
            found = json.loads(self._note_of(scan).read_bytes())
        except (OSError, ValueError):
            return None
        is_whole = isinstance(found, dict) and all((self.root / one).is_file() for one in found["files"])
        return found if is_whole else None

    def owner(self, name: str) -> str | None:
        """Return the scan whose image has a name.

        Parameters
        ----------
        name : str
            Path in the folder.

        Returns
        -------
        str or None
            Its pseudonym.
        """
        return self._owners.get(name)

    def write_tables(self, skipped: Sequence[Mapping[str, Any]]) -> int:
        """Write the manifest of all that lies there, and what the last export left out.

        Parameters
        ----------
        skipped : sequence of mappings
            With the columns `SKIPPED`.

        Returns
        -------
        int
            How many scans lie there.

        Raises
        ------
        InputOutputError
            The disk does not take them.
        """
        rows = sorted((one["row"] for one in self._whole()), key=lambda row: str(row["file"]))
        with disk_errors():
            for name, content in (
                (MANIFEST, table(COLUMNS, rows)),
                (SKIPPED_FILE, table(SKIPPED, skipped)),
            ):
                replace_file(self.root / name, content, Synced.CONTENT_AND_NAME, mode=0o600)
        return len(rows)

    def _whole(self) -> Iterator[dict[str, Any]]:
        notes = (self.note(path.stem) for path in self._notes.glob("*.json"))
        return (note for note in notes if note is not None)

    def _note_of(self, scan: str) -> Path:
        return self._notes / f"{scan}.json"

    def _begin(self) -> None:
        self._check_key()
        for left in (self.root / STATE).glob("work-*"):
            shutil.rmtree(left, ignore_errors=True)
        self._owners = {note["row"]["file"]: note["row"]["scan"] for note in self._whole()}

    def _check_key(self) -> None:
        owner = self.root / STATE / _OWNER
        if not owner.exists():
            with disk_errors():
                content = json.dumps({"key": self._fingerprint}).encode()
                replace_file(owner, content, Synced.CONTENT_AND_NAME, mode=0o600)
            return
        try:
            known = json.loads(owner.read_bytes())["key"]
        except (OSError, ValueError, KeyError, TypeError):
            known = None
        if known != self._fingerprint:
            raise ConfigurationError(
                "the folder of --out has files of another key, whose pseudonyms do not belong to these: name "
                "that key by --key, or another folder"
            )


@contextmanager
def disk_errors() -> Iterator[None]:
    """Say what the disk of the export refused, and how to go on.

    Yields
    ------
    None

    Raises
    ------
    InputOutputError
    """
    try:
        yield
    except OSError as error:
        raise refused(errno_name(error)) from None


def refused(reason: str) -> InputOutputError:
    """Say that the disk refused.

    Parameters
    ----------
    reason : str
        The name of an errno.

    Returns
    -------
    InputOutputError
    """
    what = (
        f"the disk of --out is full ({reason}): make room"
        if reason in _NO_ROOM
        else (f"the folder of --out takes no file ({reason}): see to the disk and the rights")
    )
    return InputOutputError(f"{what}, and give the same command again: it goes on where it was")
