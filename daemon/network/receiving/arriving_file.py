"""One object on its way to the inbox: its bytes go to disk as they come, its status says how that ended."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from daemon.network.receiving.commands import Status
from daemon.network.receiving.data_set_start import LOOKED_AT, judge_start
from daemon.network.receiving.landing import Landing

_BUFFER_BYTES: Final = 1 << 18
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE})


class ArrivingFile:
    """A data set that is being received.

    What goes wrong while it comes is kept for the answer: the message is taken to its end.

    Parameters
    ----------
    landing : Landing
    head : bytes
        Preamble, prefix and File Meta Information.
    expected : tuple of (str, str, str)
        Transfer syntax; SOP class and SOP instance of the command.
    calling_ae : str
    max_bytes : int
        Of the data set.
    """

    def __init__(
        self, landing: Landing, head: bytes, expected: tuple[str, str, str], calling_ae: str, max_bytes: int
    ) -> None:
        self._landing = landing
        self._expected = expected
        self._calling_ae = calling_ae
        self._left = max_bytes
        self._start = bytearray()
        self._path: bytes | None = None
        self._file: int | None = None
        self._buffer = bytearray(head)
        self.status = Status.SUCCESS
        self._try(self._begin)

    def _begin(self) -> None:
        self._path, self._file = self._landing.begin()

    def write(self, fragment: memoryview) -> None:
        """Take a fragment of the data set.

        Parameters
        ----------
        fragment : memoryview of bytes
            Is not kept.
        """
        if self.status is not Status.SUCCESS:
            return
        self._left -= len(fragment)
        if self._left < 0:
            self._fail(Status.TOO_LARGE)
            return
        if len(self._start) < LOOKED_AT:
            self._start += fragment[: LOOKED_AT - len(self._start)]
        self._buffer += fragment
        if len(self._buffer) >= _BUFFER_BYTES:
            self._try(self._flush)

    def _flush(self) -> None:
        assert self._file is not None
        with memoryview(self._buffer) as left:
            at = 0
            while at < len(left):
                at += os.write(self._file, left[at:])
        self._buffer = bytearray()

    def finish(self) -> Status:
        """Sync the file and give it its place.

        Returns
        -------
        Status
            SUCCESS: it is there to stay.
        """
        if self.status is Status.SUCCESS:
            verdict = judge_start(bytes(self._start), *self._expected)
            if verdict is not Status.SUCCESS:
                self._fail(verdict)
        if self.status is Status.SUCCESS:
            self._try(self._land)
        self.discard()
        return self.status

    def _land(self) -> None:
        self._flush()
        assert self._file is not None
        assert self._path is not None
        os.fsync(self._file)
        self._close()
        self._landing.land(self._path, self._calling_ae, self._expected[2])
        self._path = None

    def discard(self) -> None:
        """Remove what was written, if it has no place yet."""
        self._close()
        if self._path is not None:
            with suppress(OSError):
                os.unlink(self._path)
            self._path = None

    def _close(self) -> None:
        if self._file is not None:
            descriptor, self._file = self._file, None
            os.close(descriptor)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as error:
            out_of_room = error.errno in _NO_ROOM
            self._fail(Status.OUT_OF_RESOURCES if out_of_room else Status.PROCESSING_FAILURE)

    def _fail(self, status: Status) -> None:
        self.status = status
        self._buffer = bytearray()  # a new one: an error that is being handled may still hold a view
        self.discard()
