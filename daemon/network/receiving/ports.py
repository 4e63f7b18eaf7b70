"""Ports on which peers come in: taken by ourselves, or by systemd before us.

References
----------
listen(2), sd_listen_fds(3), systemd.socket(5): FileDescriptorName=.
"""

import os
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Final

from daemon.errors import ConfigurationError
from daemon.settings.listening import split_listen

_BACKLOG: Final = 128
_FIRST_INHERITED: Final = 3
_ENCRYPTED: Final = "tls"
"""The FileDescriptorName= of a socket unit whose port is for TLS."""


@dataclass(frozen=True, slots=True)
class Port:
    """A port on which peers come in.

    Attributes
    ----------
    listening : socket.socket
    is_encrypted : bool
        By TLS alone.
    """

    listening: socket.socket
    is_encrypted: bool = False


def listen(text: str, setting: str) -> socket.socket:
    """Take a port on which peers come in.

    Parameters
    ----------
    text : str
        ``ADDRESS:PORT``; port 0: a free one.
    setting : str
        That names it, for the message.

    Returns
    -------
    socket.socket

    Raises
    ------
    ConfigurationError
        It is taken, or not ours to take.
    """
    host, port = split_listen(text)
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
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "that is no name of a machine"
        raise ConfigurationError(
            f"port {port} of {host} cannot be taken: {why}. Name another by the setting "
            f"`{setting}`; ports below 1024 are for root, or for a unit that is given them"
        ) from None
    return listening


def inherited(environment: MutableMapping[str, str]) -> list[Port]:
    """Return the ports that systemd took for this process, if it did.

    Parameters
    ----------
    environment : mutable mapping
        The process's own; the variables of the protocol are removed.

    Returns
    -------
    list of Port
        One that the unit calls ``tls`` is for TLS.

    Raises
    ------
    ConfigurationError
        A socket is none on which peers can come in.
    """
    process, number = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    if process != str(os.getpid()) or not number.isdecimal():
        return []
    ports = []
    for index in range(int(number)):
        descriptor = _FIRST_INHERITED + index
        os.set_inheritable(descriptor, False)
        taken = socket.socket(fileno=descriptor)
        try:
            _refuse_what_takes_no_peers(taken)
        except ConfigurationError:
            taken.close()
            raise
        ports.append(Port(taken, is_encrypted=names[index : index + 1] == [_ENCRYPTED]))
    return ports


def _refuse_what_takes_no_peers(taken: socket.socket) -> None:
    is_network = taken.family in (socket.AF_INET, socket.AF_INET6)
    if not (is_network and taken.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)):
        raise ConfigurationError(
            "a socket of the unit is no port that listens: in inboxray-receive.socket, ListenStream= is a "
            "port, or ADDRESS:PORT, and Accept= stays off"
        )
