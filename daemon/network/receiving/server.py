"""Peers come in: a thread each, a bound on how many, and an orderly end.

References
----------
PS3.8 9.1.4 Transport Connection; listen(2), accept(2).
"""

import errno
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from daemon.network.receiving.association import ARTIM_S, Association
from daemon.network.receiving.channel import Channel, Encrypted, Plain
from daemon.network.receiving.connection import Connection
from daemon.network.receiving.ports import Port
from daemon.network.receiving.terms import Terms

_PAUSE_S: Final = 0.1
_LAST_WORDS_S: Final = 1.0
_NOT_A_PORT: Final = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSOCK})
"""Errors of accept(2) that stay; all others pass, such as too many descriptors."""


class Server:
    """The receiver as peers meet it.

    Parameters
    ----------
    ports : sequence of Port
    terms : Terms
    fail : callable
        Takes the error that ended it.
    """

    def __init__(self, ports: Sequence[Port], terms: Terms, fail: Callable[[BaseException], None]) -> None:
        self._ports = ports
        self._terms = terms
        self._fail = fail
        self._lock = threading.Lock()
        self._threads: dict[Association, threading.Thread] = {}
        self._accepting = threading.Thread(target=self._accept_all, name="accept", daemon=True)
        self._wake, self._waking = socket.socketpair()

    @contextmanager
    def running(self, stop_s: float) -> Iterator[None]:
        """Let peers in until the block ends; then none, and what is under way is finished.

        Parameters
        ----------
        stop_s : float
            For objects that are under way; after that they are cut off, unanswered.

        Yields
        ------
        None
        """
        self._accepting.start()
        try:
            yield
        finally:
            self._stop(stop_s)
            self._wake.close()
            self._waking.close()

    def _accept_all(self) -> None:
        """Let in who comes, on any port; a fault of a port that does not pass ends the process."""
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._wake, selectors.EVENT_READ)
                for port in self._ports:
                    port.listening.setblocking(False)
                    selector.register(port.listening, selectors.EVENT_READ, port)
                while not self._terms.stopping.is_set():
                    for key, _ in selector.select():
                        if key.data is not None:
                            self._accept(key.data)
        except BaseException as error:  # noqa: BLE001 -- handed on: without this thread no peer is let in
            self._fail(error)

    def _accept(self, port: Port) -> None:
        try:
            peer, place = port.listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno in _NOT_A_PORT:
                raise
            time.sleep(_PAUSE_S)  # no descriptors, or no memory: those who are here go on
            return
        try:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            channel = Plain(peer) if not port.is_encrypted else self._encrypted(peer)
        except OSError:  # it has left again
            peer.close()
            return
        self._let_in(channel, str(place[0]), is_encrypted=port.is_encrypted)

    def _encrypted(self, peer: socket.socket) -> Encrypted:
        assert self._terms.tls is not None
        return Encrypted(peer, self._terms.tls)

    def _let_in(self, channel: Channel, address: str, *, is_encrypted: bool) -> None:
        connection = Connection(channel, ARTIM_S)
        association = Association(connection, address, self._terms, is_encrypted=is_encrypted)
        thread = threading.Thread(target=self._serve, args=(association,), name="peer", daemon=True)
        with self._lock:
            self._threads[association] = thread
        self._terms.slots.wait(association)
        try:
            thread.start()
        except RuntimeError:  # no thread is to be had
            self._forget(association)
            self._terms.slots.leave(association)
            channel.close()

    def _serve(self, association: Association) -> None:
        try:
            association.serve()
        finally:
            self._forget(association)

    def _forget(self, association: Association) -> None:
        with self._lock:
            self._threads.pop(association, None)

    def _stop(self, stop_s: float) -> None:
        self._terms.stopping.set()
        self._waking.send(b"\0")
        self._accepting.join()
        for port in self._ports:
            port.listening.close()  # no more: a port of systemd is to listen on, for the next process
        for association in self._running():
            association.stop_if_idle()
        self._wait(stop_s)
        for association in self._running():
            association.give_way("stopping")
        self._wait(_LAST_WORDS_S)

    def _running(self) -> dict[Association, threading.Thread]:
        with self._lock:
            return dict(self._threads)

    def _wait(self, longest_s: float) -> None:
        until = time.monotonic() + longest_s
        for thread in self._running().values():
            if thread.ident is not None:
                thread.join(max(0.0, until - time.monotonic()))
