"""The bytes from and to a peer, as they are or by TLS: one thread reads, any may send, any may end it.

References
----------
shutdown(2), RFC 8446 6.1 Closure Alerts.
"""

import errno
import os
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import ceil
from typing import Final, Protocol, TypeVar

_DRAINED_BYTES: Final = 1 << 18
_DRAINS: Final = 8
_DRAIN_S: Final = 0.2
_LAST_WORDS_S: Final = 0.1
_Result = TypeVar("_Result")


class Channel(Protocol):
    """How bytes go to a peer and come from it."""

    def open(self, longest_s: float) -> None:
        """Agree on how; nothing else may be called before.

        Parameters
        ----------
        longest_s : float

        Raises
        ------
        OSError
            There is no agreement, or not in time.
        """

    def receive_into(self, room: memoryview, longest_s: float) -> int:
        """Wait for bytes; give how many came, 0 at the end.

        Parameters
        ----------
        room : memoryview
        longest_s : float

        Returns
        -------
        int

        Raises
        ------
        TimeoutError
            None came.
        OSError
            The connection broke.
        """

    def send(self, content: bytes, longest_s: float) -> None:
        """Send all of it; one thread at a time.

        Parameters
        ----------
        content : bytes
        longest_s : float

        Raises
        ------
        OSError
            The connection broke, or the peer takes nothing.
        """

    def cut(self, last_words: bytes) -> None:
        """End it from any thread, and wake the one that reads.

        Parameters
        ----------
        last_words : bytes
            Sent if that is possible at once.
        """

    def close(self) -> None:
        """Close it, so that the peer gets what was sent last: unread bytes would have it reset."""


class Plain:
    """Bytes as they are.

    Parameters
    ----------
    peer : socket.socket
        Connected.
    """

    def __init__(self, peer: socket.socket) -> None:
        self._socket = peer

    def open(self, longest_s: float) -> None:
        """Do nothing: there is nothing to agree on; as `Channel`."""

    def receive_into(self, room: memoryview, longest_s: float) -> int:
        """Wait for bytes; as `Channel`."""
        self._socket.settimeout(longest_s)
        return self._socket.recv_into(room)

    def send(self, content: bytes, longest_s: float) -> None:
        """Send all of it; as `Channel`."""
        self._socket.settimeout(longest_s)
        self._socket.sendall(content)

    def cut(self, last_words: bytes) -> None:
        """End it from any thread; as `Channel`."""
        with suppress(OSError):
            self._socket.send(last_words, socket.MSG_DONTWAIT)
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close it; as `Channel`."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(_DRAIN_S)
            for _ in range(_DRAINS):
                if not self._socket.recv(_DRAINED_BYTES):
                    break
        self._socket.close()


class Encrypted:
    """Bytes by TLS.

    A TLS connection is one state for both directions, which two threads may not touch at once: each step is
    taken under a lock and without waiting, and what it waits for is waited for outside.

    Parameters
    ----------
    peer : socket.socket
        Connected; it is taken over.
    context : ssl.SSLContext

    Raises
    ------
    OSError
        The peer has left.
    """

    def __init__(self, peer: socket.socket, context: ssl.SSLContext) -> None:
        peer.setblocking(False)
        self._socket = context.wrap_socket(peer, server_side=True, do_handshake_on_connect=False)
        self._lock = threading.Lock()
        self._is_open = self._is_closed = False

    def open(self, longest_s: float) -> None:
        """Shake hands; as `Channel`."""
        self._take(self._socket.do_handshake, longest_s)
        self._is_open = True

    def receive_into(self, room: memoryview, longest_s: float) -> int:
        """Wait for bytes; as `Channel`."""
        return self._take(lambda: self._socket.recv_into(room), longest_s)

    def send(self, content: bytes, longest_s: float) -> None:
        """Send all of it; as `Channel`."""
        until, left = time.monotonic() + longest_s, memoryview(content)
        while left:
            sent = self._take(partial(self._socket.send, left), until - time.monotonic())
            left = left[sent:]

    def _take(self, step: Callable[[], _Result], longest_s: float) -> _Result:
        """Take a step again and again until it needs nothing more of the peer."""
        until = time.monotonic() + longest_s
        while True:
            try:
                with self._lock:
                    if self._is_closed:  # what is sent now would not be encrypted
                        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
                    return step()
            except ssl.SSLWantReadError:
                wanted = select.POLLIN
            except ssl.SSLWantWriteError:
                wanted = select.POLLOUT
            poll = select.poll()
            poll.register(self._socket, wanted)
            if not poll.poll(max(0, ceil(1000 * (until - time.monotonic())))):
                raise TimeoutError

    def cut(self, last_words: bytes) -> None:
        """End it from any thread; as `Channel`."""
        if self._is_open:
            with suppress(OSError):
                self.send(last_words, _LAST_WORDS_S)
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # its own would take TLS from who reads

    def close(self) -> None:
        """Close it, and say so before; as `Channel`."""
        with suppress(OSError, ValueError), self._lock:
            self._is_closed = True
            self._socket.unwrap()
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_WR)
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            for _ in range(_DRAINS):
                if not poll.poll(1000 * _DRAIN_S) or not socket.socket.recv(self._socket, _DRAINED_BYTES):
                    break
        self._socket.close()
