"""Marker files: some routers write ``a.dcm.ready`` or ``a.ready`` once ``a.dcm`` is whole.

Where the setting `marker_suffixes` names such endings, a file is there only once its marker is, and markers
are removed when their files are claimed.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from daemon.spool.folders import Spool
from daemon.spool.origins import is_noted


class Markers:
    """What says that a file is whole, where that is agreed.

    Parameters
    ----------
    inbox : Path
        Of a spool.
    suffixes : sequence of str
        Endings of marker files, such as ``.ready``, as they are written or in capitals; none: nothing is
        agreed, and each file is there as it is.
    """

    def __init__(self, inbox: Path, suffixes: Sequence[str]) -> None:
        self._root = os.fsencode(inbox)
        self._spool = Spool(inbox.parent)
        written = dict.fromkeys(one for suffix in suffixes for one in (suffix, suffix.upper()))
        self._suffixes = tuple(map(os.fsencode, written))

    def lacks(self, source: bytes) -> bool:
        """Return whether a file has to wait for its marker.

        One that we put there ourselves, to be answered again or as a canary, has none and needs none.

        Parameters
        ----------
        source : bytes
            Its path below the inbox.

        Returns
        -------
        bool
        """
        if not self._suffixes or any(map(self._is_there, self._of(source))):
            return False
        return not is_noted(self._spool, os.path.join(self._root, source))

    def marked(self, source: bytes) -> Iterator[bytes]:
        """Yield the files that a marker stands for; nothing for what is none.

        Parameters
        ----------
        source : bytes

        Yields
        ------
        bytes
        """
        base = next((source.removesuffix(end) for end in self._suffixes if source.endswith(end)), None)
        if base is None:
            return
        folder, name = os.path.split(base)
        if name and self._is_there(base):
            yield base
            return
        with suppress(OSError), os.scandir(os.path.join(self._root, folder)) as entries:
            for entry in entries:
                if os.path.splitext(entry.name)[0] == name and not entry.name.endswith(self._suffixes):
                    yield os.path.join(folder, entry.name)

    def remove(self, source: bytes) -> None:
        """Remove the markers of a file that was claimed, but for one that stands for another file too.

        Parameters
        ----------
        source : bytes
        """
        for marker in self._of(source) if self._suffixes else ():
            is_its_own = marker.startswith(source)  # and no other is looked for among all files beside it
            if self._is_there(marker) and (is_its_own or not any(self.marked(marker))):
                with suppress(OSError):
                    os.unlink(os.path.join(self._root, marker))

    def restore(self, source: bytes) -> None:
        """Make a marker for a file that came back: its own went when it was claimed.

        It is made without an event that says that a writer closed something.

        Parameters
        ----------
        source : bytes
        """
        if self.lacks(source):
            with suppress(OSError):  # a name at its full length: the file waits until someone sees it
                os.mknod(os.path.join(self._root, source + self._suffixes[0]), 0o640)

    def _of(self, source: bytes) -> list[bytes]:
        bases = (source, os.path.splitext(source)[0])
        return [base + suffix for base in bases for suffix in self._suffixes]

    def _is_there(self, source: bytes) -> bool:
        return os.path.lexists(os.path.join(self._root, source))
