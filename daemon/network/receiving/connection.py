"""PDUs from a peer: lengths are checked before memory is taken, and each wait has its end.

References
----------
PS3.8 9.1.5 ARTIM Timer, 9.3.1 PDU Structure.
"""

import math
import struct
import threading
import time
from collections.abc import Callable
from typing import Final

from daemon.network.receiving.association_reply import ABORT, ASSOCIATE_RQ, LONGEST_PDU, P_DATA, RELEASE_RQ
from daemon.network.receiving.channel import Channel
from daemon.network.receiving.elements import MalformedMessage

_HEAD_BYTES: Final = 6
_SMALL_BUFFER: Final = 1 << 12
_LARGE_BUFFER: Final = 1 << 18
_LONGEST_REQUEST: Final = 1 << 17
"""Bytes of an A-ASSOCIATE-RQ: 128 contexts with all transfer syntaxes that there are have half as many."""
_SHORT: Final = 4
_OTHERS_WORDS_S: Final = 0.1
"""For another thread that sends just now: then its words, or these, are the last."""
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
    """A PDU of a kind that does not exist.

    Parameters
    ----------
    kind : int
    """

    def __init__(self, kind: int) -> None:
        super().__init__("a PDU is of no known type")
        self.kind = kind


class Connection:
    """A connection to a peer.

    Parameters
    ----------
    channel : Channel
        To the peer.
    silence_s : float
        Longest wait for the next byte, and for the whole of a PDU that began.
    clock : callable, optional
        Monotonic, seconds.
    """

    def __init__(
        self, channel: Channel, silence_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._channel = channel
        self._silence_s = silence_s
        self._clock = clock
        self._buffer = bytearray(_SMALL_BUFFER)
        self._start = self._end = 0
        self._sending = threading.Lock()
        self._ends_at = math.inf
        self.received = 0

    def open(self) -> None:
        """Agree with the peer on how bytes are exchanged.

        Raises
        ------
        OSError
            There is no agreement, or not in time.
        """
        self._channel.open(self._silence_s)

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
            raise UnrecognizedPdu(kind)
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
            try:
                got = self._channel.receive_into(memoryview(self._buffer)[self._end :], left)
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
            self._channel.send(content, self._silence_s)

    def cut(self, last_words: bytes) -> None:
        """End the connection from another thread: the one that reads it is woken.

        Parameters
        ----------
        last_words : bytes
            An A-ABORT, sent if that is possible at once.
        """
        is_ours = self._sending.acquire(timeout=_OTHERS_WORDS_S)
        try:
            self._channel.cut(last_words if is_ours else b"")
        finally:
            if is_ours:
                self._sending.release()

    def close(self) -> None:
        """Close it, so that the peer gets what was sent last."""
        self._channel.close()
