"""A folder as destination: each object a file, that is whole or not there.

References
----------
rename(2), fsync(2).
"""

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from daemon.errors import errno_name
from daemon.network.sending.entries import Entry
from daemon.network.sending.failure import Answer, Failure, PeerFailed, Presence, Verdict
from storage.durable.replace import Synced, replace_file
from storage.durable.sync import sync_folder

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
_WRITER: Final = "inboxray"
"""Of what is not whole yet: it is written over what a killed sender left there."""


class FolderPeer:
    """A folder that takes objects.

    Parameters
    ----------
    folder : Path
        It must be there: a share that is not mounted must not be filled below its mount.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, batch: Sequence[Entry], report: Callable[[Entry, Answer], bool]) -> None:
        """Put objects into the folder, as `Peer`; what is synced there is confirmed."""
        written = []
        try:
            for entry in batch:
                path = self._folder / f"{entry.sop_instance_uid}.dcm"
                replace_file(path, entry.path.read_bytes(), Synced.CONTENT, writer=_WRITER)
                written.append(entry)
        except OSError as error:
            raise PeerFailed(self._failure(error)) from None
        finally:
            if written:
                self._confirm(written, report)

    def _confirm(self, written: list[Entry], report: Callable[[Entry, Answer], bool]) -> None:
        try:
            sync_folder(self._folder)
        except OSError as error:
            raise PeerFailed(self._failure(error)) from None
        for entry in written:
            report(entry, Answer(Verdict.CONFIRMED))

    def ask(self, batch: Sequence[Entry]) -> dict[Entry, Presence]:
        """Answer that it cannot be asked, as `Peer`: who reads the folder may have taken what was there."""
        return dict.fromkeys(batch, Presence.NOT_OFFERED)

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def _failure(self, error: OSError) -> Failure:
        if not os.path.isdir(self._folder):
            return Failure(
                "store", f"there is no folder {self._folder}", "make it, or mount the share that it is on"
            )
        remedy = (
            "make room on its disk"
            if error.errno in _FULL
            else "let the user who sends write there, and check the disk or share"
        )
        return Failure("store", f"the folder {self._folder} takes nothing ({errno_name(error)})", remedy)
