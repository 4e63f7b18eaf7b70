"""PDUs from a peer: lengths are checked before memory is taken, and each wait has its end.

References
----------
PS3.8 9.1.5 ARTIM Timer, 9.3.1 PDU Structure.
"""

import math
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from daemon.network.receiving.association_reply import ABORT, ASSOCIATE_RQ, LONGEST_PDU, P_DATA, RELEASE_RQ
from daemon.network.receiving.elements import MalformedMessage

_HEAD_BYTES: Final = 6
_SMALL_BUFFER: Final = 1 << 12
_LARGE_BUFFER: Final = 1 << 18
_LONGEST_REQUEST: Final = 1 << 17
"""Bytes of an A-ASSOCIATE-RQ: 128 contexts with all transfer syntaxes that there are have half as many."""
_SHORT: Final = 4
_LONGEST: Final = {ASSOCIATE_RQ: _LONGEST_REQUEST, P_DATA: LONGEST_PDU, RELEASE_RQ: _SHORT, ABORT: _SHORT}
_KINDS: Final = range(0x01, 0x08)


class Ended(Exception):  # noqa: N818 -- no error: an association's end, which has a reason
    """The association is over.

    Parameters
    ----------
    reason : str
        A word for the log.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnrecognizedPdu(MalformedMessage):
    """A PDU of a kind that does not exist."""


class Connection:
    """A connection to a peer.

    Parameters
    ----------
    peer : socket.socket
    silence_s : float
        Longest wait for the next byte, and for the whole of a PDU that began.
    clock : callable, optional
        Monotonic, seconds.
    """

    def __init__(
        self, peer: socket.socket, silence_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._socket = peer
        self._silence_s = silence_s
        self._clock = clock
        self._buffer = bytearray(_SMALL_BUFFER)
        self._start = self._end = 0
        self._sending = threading.Lock()
        self._ends_at = math.inf
        self.received = 0
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def negotiated(self, silence_s: float, longest_s: float) -> None:
        """Go on with another longest silence, for so long at most, and with room for data.

        Parameters
        ----------
        silence_s, longest_s : float
        """
        self._silence_s = silence_s
        self._ends_at = self._clock() + longest_s
        self._make_room(_LARGE_BUFFER)

    def read_pdu(self) -> tuple[int, memoryview]:
        """Read the next PDU.

        Returns
        -------
        tuple of (int, memoryview)
            Its type, and its body, which stands until the next call.

        Raises
        ------
        Ended
            The peer hung up, was silent or slow for too long, or is connected for too long.
        MalformedMessage
            Of no known type, or longer than one of its type may be.
        OSError
            The connection broke.
        """
        self._need(_HEAD_BYTES, self._clock() + self._silence_s)
        kind, length = struct.unpack_from(">BxI", self._buffer, self._start)
        if kind not in _KINDS:
            raise UnrecognizedPdu("a PDU is of no known type")
        if length > _LONGEST.get(kind, LONGEST_PDU):
            raise MalformedMessage("a PDU is longer than was agreed")
        self._need(_HEAD_BYTES + length, self._clock() + self._silence_s)
        at = self._start + _HEAD_BYTES
        self._start = at + length
        return kind, memoryview(self._buffer)[at : at + length]

    def _need(self, count: int, until: float) -> None:
        """Wait until so many bytes are in the buffer."""
        while self._end - self._start < count:
            if self._end == len(self._buffer) or len(self._buffer) - self._start < count:
                self._make_room(max(count, len(self._buffer)))
            now = self._clock()
            left = min(until, self._ends_at) - now
            if left <= 0:
                raise Ended("silence" if until <= self._ends_at else "time")
            self._socket.settimeout(left)
            try:
                got = self._socket.recv_into(memoryview(self._buffer)[self._end :])
            except TimeoutError:
                continue
            if got == 0:
                raise Ended("hung_up")
            self.received += got
            self._end += got

    def _make_room(self, size: int) -> None:
        """Move what is left to the front, of a larger buffer if one is wanted: PDUs are views of the old."""
        left = self._buffer[self._start : self._end]
        if size > len(self._buffer):
            self._buffer = bytearray(size)
        self._buffer[: len(left)] = left
        self._start, self._end = 0, len(left)

    def send(self, content: bytes) -> None:
        """Send whole PDUs; several threads may.

        Parameters
        ----------
        content : bytes

        Raises
        ------
        OSError
            The connection broke, or the peer takes nothing.
        """
        with self._sending:
            self._socket.settimeout(self._silence_s)
            self._socket.sendall(content)

    def cut(self, last_words: bytes) -> None:
        """End the connection from another thread: the one that reads it is woken.

        Parameters
        ----------
        last_words : bytes
            An A-ABORT, sent if that is possible at once.
        """
        if self._sending.acquire(blocking=False):
            try:
                with suppress(OSError):
                    self._socket.send(last_words, socket.MSG_DONTWAIT)
            finally:
                self._sending.release()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it, so that the peer gets what was sent last: unread bytes would have it reset."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(0.2)
            for _ in range(8):
                if not self._socket.recv(_LARGE_BUFFER):
                    break
        self._socket.close()
