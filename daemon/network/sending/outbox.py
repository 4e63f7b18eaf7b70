"""The outbox of a spool: a folder a destination, held by one sender; what lies in it: `entries`.

References
----------
flock(2).
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from daemon.errors import CannotCreateError, SpoolInUseError, errno_name
from daemon.network.sending.entries import State
from daemon.settings.destinations import Destination
from daemon.spool.folders import PRIVATE_MODE
from daemon.spool.lock import is_taken, take_alone
from storage.durable.replace import Synced, is_unfinished, replace_file

FOLDER: Final = "outbox"
"""Its name in the spool."""
STATUS: Final = ".status.json"
"""Its file in which a sender says of itself whether it makes objects."""
_LOCK: Final = ".lock"


class Outbox:
    """The outbox of a spool.

    Parameters
    ----------
    root : Path
        Its folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it as the one sender, for as long as this process lives; what a killed one left goes.

        Yields
        ------
        None

        Raises
        ------
        SpoolInUseError
            Another sender holds it.
        CannotCreateError
            It cannot be written.
        """
        try:
            self.root.mkdir(mode=PRIVATE_MODE, exist_ok=True)
            descriptor = os.open(self.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CannotCreateError(
                f"the outbox cannot be written ({errno_name(error)}): let the user who sends write to the "
                f"folder {FOLDER} of the spool, or make room"
            ) from None
        try:
            try:
                take_alone(descriptor)
            except BlockingIOError:
                raise SpoolInUseError(
                    "another `inboxray send` holds the outbox: one is enough for all destinations"
                ) from None
            self._remove_leftovers()
            yield
        finally:
            os.close(descriptor)

    def is_held(self) -> bool:
        """Return whether a sender holds it now.

        Returns
        -------
        bool
        """
        try:
            descriptor = os.open(self.root / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return False
        return is_taken(descriptor)

    def folder(self, destination: Destination) -> Path:
        """Return the folder of a destination, made with what belongs into it.

        Parameters
        ----------
        destination : Destination

        Returns
        -------
        Path

        Raises
        ------
        OSError
            It cannot be made.
        """
        folder = self.root / destination.key
        for one in (folder, *(folder / state for state in State)):
            one.mkdir(mode=PRIVATE_MODE, parents=True, exist_ok=True)
        address = folder / "address"
        if not address.exists():
            replace_file(address, destination.address.encode(), Synced.CONTENT_AND_NAME)
        return folder

    def addresses(self) -> dict[str, Path]:
        """Return the folder of each destination that ever was, by its address.

        Returns
        -------
        dict of str to Path
        """
        found = {}
        with suppress(FileNotFoundError):
            for folder in sorted(self.root.iterdir()):
                with suppress(OSError):
                    found[(folder / "address").read_text()] = folder
        return found

    def free_percent(self) -> float:
        """Return the free share of its disk, for users that are not root.

        Returns
        -------
        float
        """
        usage = shutil.disk_usage(self.root)
        return 100.0 * usage.free / max(1, usage.total)

    def _remove_leftovers(self) -> None:
        """Remove files that were not whole when their writer was killed; who still writes holds a lock."""
        for path in self.root.glob("*/*/.*"):
            if is_unfinished(os.fsencode(path.name)):
                with suppress(OSError), path.open("rb") as stream:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
