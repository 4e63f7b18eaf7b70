"""Pictures of classified scans, kept in ``png/`` beside ``done/``, if that is set.

They are made of files that have their row and their last place, so that no promise hangs on them: what goes
wrong with a picture is logged, and `inboxray convert` makes it again. A crash may leave a scan without one.
"""

import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from daemon.decoding.messages import CANNOT_WRITE, Decoded, PictureRequest
from daemon.decoding.pool import DecoderPool
from daemon.errors import CannotCreateError, errno_name
from daemon.pictures.placing import place_pictures
from daemon.spool.dispose import Disposal
from daemon.spool.folders import PRIVATE_MODE, Spool
from daemon.spool.names import decode_name
from storage.vocabulary import CLASSIFIED

if TYPE_CHECKING:
    from concurrent.futures import Future

_WORK = ".work"
_DONE = b"done/"

_log = structlog.get_logger()


class Previews:
    """Make pictures of scans that were moved to `done/`.

    Parameters
    ----------
    spool : Spool
    pool : DecoderPool
        Its children decode the files once more.
    work : Path
        An empty folder on the mount of ``png/``.
    wake : callable
        Called, from any thread, when a picture is made or is not.
    """

    def __init__(self, spool: Spool, pool: DecoderPool, work: Path, wake: Callable[[], None]) -> None:
        self._spool = spool
        self._pool = pool
        self._work = os.fsencode(work)
        self._wake = wake
        self._making: set[str] = set()

    @property
    def pending(self) -> int:
        """Scans whose pictures are being made."""
        return len(self._making)

    def keep(self, disposals: Iterable[Disposal]) -> None:
        """Begin to make the pictures of those that were classified.

        Parameters
        ----------
        disposals : iterable of Disposal
            Their files lie where their rows say.
        """
        for disposal in disposals:
            if disposal.outcome != CLASSIFIED:
                continue
            scan_id, stored = disposal.claim.scan_id, decode_name(disposal.stored_path)
            folder = os.path.join(self._work, scan_id.encode())
            target = os.path.join(os.fsencode(self._spool.png), stored.removeprefix(_DONE))
            self._making.add(scan_id)
            future = self._pool.convert(
                os.path.join(os.fsencode(self._spool.root), stored), PictureRequest(folder, 16, None)
            )
            future.add_done_callback(self._ended(scan_id, folder, target))

    def _ended(self, scan_id: str, folder: bytes, target: bytes) -> "Callable[[Future[Decoded]], None]":
        def ended(future: "Future[Decoded]") -> None:
            try:
                if not future.cancelled():
                    _place(future.result(), scan_id, folder, target)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
                self._making.discard(scan_id)
                self._wake()

        return ended


def open_previews(spool: Spool, pool: DecoderPool, wake: Callable[[], None]) -> Previews:
    """Make the folders for pictures; what an earlier daemon left unfinished there goes.

    Parameters
    ----------
    spool : Spool
    pool : DecoderPool
    wake : callable

    Returns
    -------
    Previews

    Raises
    ------
    CannotCreateError
        They cannot be made.
    """
    work = spool.png / _WORK
    try:
        spool.png.mkdir(exist_ok=True, mode=PRIVATE_MODE)
        with suppress(FileNotFoundError):
            shutil.rmtree(work)
        work.mkdir(mode=PRIVATE_MODE)
    except OSError as error:
        raise CannotCreateError(
            f"cannot make the folder for pictures {spool.png}: {error.strerror}. Let the daemon's user write "
            "there, or switch the setting `keep_png` off."
        ) from None
    return Previews(spool, pool, work, wake)


def _place(decoded: Decoded, scan_id: str, folder: bytes, target: bytes) -> None:
    reason = decoded.warnings[0] if decoded.error_code == CANNOT_WRITE else decoded.error_code
    if reason is None:
        try:
            place_pictures(folder, target, scan_id)
        except OSError as error:
            reason = errno_name(error)
    if reason is not None:
        _log.warning("picture_failed", scan_id=scan_id, reason=reason)
