"""Peers come in: a thread each, a bound on how many, and an orderly end.

References
----------
PS3.8 9.1.4 Transport Connection; listen(2), accept(2).
"""

import os
import socket
import threading
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import Final

from daemon.errors import ConfigurationError
from daemon.network.receiving.association import ARTIM_S, Association
from daemon.network.receiving.connection import Connection
from daemon.network.receiving.terms import Terms

_BACKLOG: Final = 128
_FIRST_INHERITED: Final = 3
_PAUSE_S: Final = 0.1
_LAST_WORDS_S: Final = 1.0


def listen(host: str, port: int) -> socket.socket:
    """Take the port on which peers come in.

    Parameters
    ----------
    host : str
    port : int
        0: a free one.

    Returns
    -------
    socket.socket

    Raises
    ------
    ConfigurationError
        It is taken, or not ours to take.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(place)
            listening.listen(_BACKLOG)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise ConfigurationError(
            f"port {port} of {host} cannot be taken: {error.strerror}. Name another by the setting "
            "`receive_listen`; ports below 1024 are for root, or for a unit that is given them"
        ) from None
    return listening


def inherited(environment: MutableMapping[str, str]) -> socket.socket | None:
    """Return the port that systemd took for this process, if it did.

    Parameters
    ----------
    environment : mutable mapping
        The process's own; the variables of the protocol are removed.

    Returns
    -------
    socket.socket or None

    References
    ----------
    sd_listen_fds(3).
    """
    process, number = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if process != str(os.getpid()) or not number.isdecimal() or int(number) < 1:
        return None
    taken = socket.socket(fileno=_FIRST_INHERITED)
    taken.setblocking(True)
    os.set_inheritable(_FIRST_INHERITED, False)
    return taken


class Server:
    """The receiver as peers meet it.

    Parameters
    ----------
    listening : socket.socket
    terms : Terms
    """

    def __init__(self, listening: socket.socket, terms: Terms) -> None:
        self._listening = listening
        self._terms = terms
        self._lock = threading.Lock()
        self._threads: dict[Association, threading.Thread] = {}
        self._accepting = threading.Thread(target=self._accept_all, name="accept", daemon=True)

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

    def _accept_all(self) -> None:
        while True:
            try:
                peer, place = self._listening.accept()
            except OSError:
                if self._terms.stopping.is_set():
                    return
                time.sleep(_PAUSE_S)  # no descriptors, or no memory: those who are here go on
                continue
            self._let_in(peer, str(place[0]))

    def _let_in(self, peer: socket.socket, address: str) -> None:
        association = Association(Connection(peer, ARTIM_S), address, self._terms)
        thread = threading.Thread(target=self._serve, args=(association,), name="peer", daemon=True)
        with self._lock:
            self._threads[association] = thread
        self._terms.slots.wait(association)
        try:
            thread.start()
        except RuntimeError:  # no thread is to be had
            self._forget(association)
            self._terms.slots.leave(association)
            peer.close()

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
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self._listening.close()
        self._accepting.join()
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
