"""Where objects land: written hidden in the inbox, synced, renamed to their place, and only then answered.

The hidden folder is in the inbox, for a service may be let write there alone, and a rename must not leave the
mount. The inbox never claims what lies in it, whatever `ignore` says.

References
----------
rename(2), fsync(2): of the file first, then of each folder that got a new name.
"""

import fcntl
import os
import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from daemon.errors import CannotCreateError, SpoolInUseError
from daemon.inbox.sweep import Ignore
from daemon.settings.ignored_names import RECEIVING
from daemon.spool.below import open_folder
from daemon.spool.received import FOLDER, tidy_notes
from daemon.spool.rename import rename_into_inbox

_FILE_MODE: Final = 0o660  # what a default ACL of the inbox, or the umask, makes of it
_FOLDER_MODE: Final = 0o770
_LOCK: Final = b".lock"
_PART: Final = b".part"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_TITLE: Final = 16
_MOST_HELD: Final = 64


class Landing:
    """The inbox as objects come into it from the network.

    Parameters
    ----------
    inbox : Path
        Of a spool; it is there.
    never_claimed : sequence of str
        Globs of names that the daemon leaves alone: no folder gets such a name.
    marker_suffixes : sequence of str
        Where the daemon waits for marker files, one is put beside each file.
    """

    def __init__(self, inbox: Path, never_claimed: Sequence[str], marker_suffixes: Sequence[str]) -> None:
        self._inbox = inbox
        self._hidden = os.path.join(os.fsencode(inbox), os.fsencode(RECEIVING))
        self._ignores = Ignore(never_claimed)
        self._marker = os.fsencode(marker_suffixes[0]) if marker_suffixes else b""
        self._synced = _SyncedFolders()

    @contextmanager
    def held(self) -> Iterator[int]:
        """Hold the hidden folder for this process alone, without what an earlier one left in it.

        Yields
        ------
        int
            Files that were left and are gone: none of them was ever answered with success.

        Raises
        ------
        SpoolInUseError
            Another receiver works on this inbox.
        CannotCreateError
            The inbox is not there, or may not be written.
        """
        try:
            self._make_hidden()
            lock = os.open(os.path.join(self._hidden, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CannotCreateError(
                f"cannot write into the inbox of the spool {self._inbox.parent}: {error.strerror}. Start "
                "`inboxray run` once, which makes it, and let this user write there"
            ) from error
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SpoolInUseError(
                    f"another receiver works on the spool {self._inbox.parent}: stop that one first"
                ) from None
            tidy_notes(self.associations, is_start=True)
            yield self._remove_leftovers()
        finally:
            self._synced.forget()
            os.close(lock)

    @property
    def notes(self) -> Path:
        """Where the receiver keeps what it has promised to do."""
        return Path(os.fsdecode(self._hidden)) / "commitments"

    @property
    def associations(self) -> Path:
        """Where it is noted which objects came together."""
        return Path(os.fsdecode(self._hidden)) / FOLDER

    def _make_hidden(self) -> None:
        with suppress(FileExistsError):
            os.mkdir(self._hidden, _FOLDER_MODE)

    def _remove_leftovers(self) -> int:
        left = [name for name in os.listdir(self._hidden) if name.endswith(_PART)]
        for name in left:
            os.unlink(os.path.join(self._hidden, name))
        return len(left)

    def begin(self) -> tuple[bytes, int]:
        """Make a new hidden file.

        Returns
        -------
        tuple of (bytes, int)
            Its path, and a descriptor to write to.

        Raises
        ------
        OSError
            It cannot be made.
        """
        path = os.path.join(self._hidden, secrets.token_hex(8).encode() + _PART)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            return path, os.open(path, flags, _FILE_MODE)
        except FileNotFoundError:  # who tidies the inbox up may take an empty folder away
            self._make_hidden()
            return path, os.open(path, flags, _FILE_MODE)

    def land(self, path: bytes, calling_ae: str, sop_instance_uid: str) -> None:
        """Give a whole, synced file its place in the inbox, and let that outlive a loss of power.

        Parameters
        ----------
        path : bytes
            Of `begin`.
        calling_ae : str
            Gives the folder its name, whatever it holds.
        sop_instance_uid : str
            Of digits and dots; gives the file its name.

        Raises
        ------
        OSError
            It has no place; it still has its hidden name, unless the disk refused to sync a folder.
        """
        source = os.path.join(self.folder_for(calling_ae), sop_instance_uid.encode() + b".dcm")
        try:
            given = rename_into_inbox(self._inbox, path, source, secrets.token_hex(16))
        except FileNotFoundError:  # the folder was empty, and removed just now
            given = rename_into_inbox(self._inbox, path, source, secrets.token_hex(16))
        folder = open_folder(self._inbox, os.path.dirname(given))
        try:
            if self._marker:
                marker = os.path.basename(given) + self._marker
                os.close(os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE, dir_fd=folder))
            os.fsync(folder)
            self._sync_inbox_for(folder)
        finally:
            os.close(folder)

    def _sync_inbox_for(self, folder: int) -> None:
        """Sync the inbox itself where a folder in it is new."""
        if folder in self._synced:
            return
        root = os.open(self._inbox, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(root)
        finally:
            os.close(root)
        self._synced.add(folder)

    def folder_for(self, calling_ae: str) -> bytes:
        """Return the folder of the inbox for a calling AE title: hostile text, made a name.

        Parameters
        ----------
        calling_ae : str

        Returns
        -------
        bytes
            Of letters, digits, ``_`` and ``-``; a name that the daemon does not leave alone.
        """
        name = _UNSAFE.sub("_", calling_ae[:_LONGEST_TITLE]) or "_"
        tried = (name, f"AE-{name}", "received", "from-network")
        return next((os.fsencode(one) for one in tried if not self._ignores(os.fsencode(one))), b"received")


class _SyncedFolders:
    """Folders whose names are on disk to stay.

    Each is held open: who tidies the inbox up removes an empty one, and the next may get its inode number.
    """

    def __init__(self) -> None:
        self._held: dict[tuple[int, int], int] = {}  # the oldest first
        self._lock = threading.Lock()

    def __contains__(self, folder: int) -> bool:
        return _identity(folder) in self._held

    def add(self, folder: int) -> None:
        """Hold a folder, and let go of the oldest where there are too many."""
        with self._lock:
            identity = _identity(folder)
            if identity not in self._held:
                self._held[identity] = os.dup(folder)
            while len(self._held) > _MOST_HELD:
                os.close(self._held.pop(next(iter(self._held))))

    def forget(self) -> None:
        """Let go of all."""
        with self._lock:
            for descriptor in self._held.values():
                os.close(descriptor)
            self._held.clear()


def _identity(folder: int) -> tuple[int, int]:
    state = os.fstat(folder)
    return state.st_dev, state.st_ino
