"""The pictures of the page, drawn by the pipeline that classifies: a viewer's picture may differ from it."""

import os
import tempfile
from typing import TYPE_CHECKING, Final

from daemon.decoding.messages import PictureRequest
from daemon.errors import MissingFileError
from daemon.files.stored_maps import check_drawn, draw_maps_into, stored_file
from daemon.pictures.stored_previews import stored_preview
from daemon.spool.folders import Spool

if TYPE_CHECKING:
    from daemon.decoding.pool import DecoderPool
    from storage.scan_detail import ScanDetail

_SMALL: Final = 256
"""Pixels a side of a thumbnail."""


class Drawings:
    """Draws pictures and heat maps of stored scans, each in a child.

    Parameters
    ----------
    spool : Spool
        Where their files are.
    pool : DecoderPool
        Open; thread-safe.
    """

    def __init__(self, spool: Spool, pool: "DecoderPool") -> None:
        self._spool = spool
        self._pool = pool

    def picture(self, detail: "ScanDetail", frame: int, *, is_small: bool = False) -> bytes:
        """Draw a frame as a viewer shows it.

        Parameters
        ----------
        detail : ScanDetail
        frame : int
            From 1.
        is_small : bool
            Fit it into a square of 256 pixels.

        Returns
        -------
        bytes
            A PNG, grey, 8 bits; as large as the frame, or small.

        Raises
        ------
        BadDataError
            The file is another one now, or cannot be decoded.
        MissingFileError
            The file or the frame is not there.
        """
        with tempfile.TemporaryDirectory(prefix="inboxray-page-") as folder:
            request = PictureRequest(os.fsencode(folder), 8, _SMALL if is_small else None, frame)
            check_drawn(detail, self._pool.convert(stored_file(detail, self._spool), request).result())
            return _frame(folder, frame)

    def kept(self, detail: "ScanDetail", frame: int, *, is_small: bool) -> bytes | None:
        """Return the preview or thumbnail of a frame that the daemon kept.

        Parameters
        ----------
        detail : ScanDetail
        frame : int
            From 1.
        is_small : bool
            The thumbnail.

        Returns
        -------
        bytes or None
            A JPEG; None if there is none.
        """
        return stored_preview(self._spool, detail.scan["scan_id"], frame, small=is_small)

    def heat_map(self, detail: "ScanDetail", frame: int) -> bytes:
        """Draw the stored heat map over a frame.

        Parameters
        ----------
        detail : ScanDetail
        frame : int
            From 1.

        Returns
        -------
        bytes
            A PNG in colour, with a legend below.

        Raises
        ------
        BadDataError
            There is no map, or as for `picture`.
        MissingFileError
            As for `picture`.
        """
        with tempfile.TemporaryDirectory(prefix="inboxray-page-") as folder:
            draw_maps_into(os.fsencode(folder), detail, self._spool, self._pool, only=frame)
            return _frame(folder, frame)


def _frame(folder: str, frame: int) -> bytes:
    try:
        with open(os.path.join(folder, f"{frame:04d}.png"), "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise MissingFileError(f"the scan has no frame {frame}") from None
