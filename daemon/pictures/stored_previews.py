"""Small pictures of classified scans, kept in ``previews/`` for the page, if that is set (`previews`).

A child made them beside the network's input; they are written once the row of their scan stands. What goes
wrong with one is counted, and logged once until it is over: the page draws what is not there from the file.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

import structlog

from daemon.decoding.messages import MOST_PREVIEW_BYTES, FramePreview, is_whole_jpeg
from daemon.errors import errno_name
from daemon.spool.folders import Spool
from daemon.spool.preview_files import preview_file, write_preview

_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

_log = structlog.get_logger()


class StoredPreviews:
    """Write small pictures; for one thread.

    Parameters
    ----------
    spool : Spool

    Attributes
    ----------
    failed : int
        Scans of which not all could be written.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._is_failing = False
        self.failed = 0

    def write(self, scan_id: str, previews: Iterable[FramePreview]) -> None:
        """Write the small pictures of a scan; a disk that refuses them costs nothing else.

        Parameters
        ----------
        scan_id : str
            Its row stands.
        previews : iterable of FramePreview
            Of its first frames, in order.
        """
        try:
            for frame, one in enumerate(previews, start=1):
                pictures = {True: one.thumbnail, False: one.preview}
                if one.thumbnail == one.preview:
                    del pictures[True]
                for small, content in pictures.items():  # a preview alone is its own thumbnail: it comes last
                    path = preview_file(self._spool, scan_id, frame, small=small)
                    if path is not None:
                        write_preview(path, content)
        except OSError as error:
            self.failed += 1
            if not self._is_failing:
                _log.warning(
                    "preview_failed",
                    scan_id=scan_id,
                    reason=errno_name(error),
                    remedy="the page draws it when it is asked for; make room, or let the daemon's user "
                    "write to previews/",
                )
            self._is_failing = True
        else:
            self._is_failing = False


def stored_preview(spool: Spool, scan_id: str, frame: int, *, small: bool) -> bytes | None:
    """Return a small picture of a scan that was kept.

    Parameters
    ----------
    spool : Spool
    scan_id : str
    frame : int
        From 1.
    small : bool
        The thumbnail, of 256 pixels on its longer side; else the preview, of 1,024.

    Returns
    -------
    bytes or None
        A JPEG, grey. None if there is none, or this user may not read it: draw it from the scan's file.
    """
    path = preview_file(spool, scan_id, frame, small=small)
    if path is None:
        return None
    if small and not os.path.lexists(path):  # of a picture that is no larger there is one file for both
        return stored_preview(spool, scan_id, frame, small=False)
    with suppress(OSError), open(path, "rb", opener=lambda name, _: os.open(name, _FLAGS)) as file:
        content = file.read(MOST_PREVIEW_BYTES + 1)
        return content if is_whole_jpeg(content) else None  # a power cut or a kill may have left a part
    return None
