"""A network with nothing but loopback: what is started in it listens for no other machine.

References
----------
unshare(1), network_namespaces(7), netdevice(7).
"""

import fcntl
import os
import socket
import struct
import subprocess
from collections.abc import Sequence
from typing import Final

from daemon.errors import ConfigurationError

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_REQUEST: Final = "16sh22x"  # struct ifreq: the name, the flags


def alone(words: Sequence[str]) -> list[str]:
    """Return the command that runs another one in a network of its own.

    Parameters
    ----------
    words : sequence of str

    Returns
    -------
    list of str
        As root in a network alone; as another user in users of its own, too.
    """
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *as_root, "--net", "--", *words]


def refuse_if_not_possible() -> None:
    """Pass if a network of its own can be had here.

    Raises
    ------
    ConfigurationError
        It cannot; nothing was started.
    """
    try:
        end = subprocess.run(alone(["true"]), capture_output=True, check=False)  # noqa: S603 -- our own words
        is_possible = end.returncode == 0
    except FileNotFoundError:
        is_possible = False
    if not is_possible:
        raise ConfigurationError(
            "a rehearsal needs a network of its own (unshare --net), and this system gives none: run it as "
            "root, or where users may make namespaces"
        )


def raise_loopback() -> None:
    """Switch the loopback of this network on.

    Raises
    ------
    OSError
        It is not ours to switch.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, struct.pack(_REQUEST, b"lo", 0))
        flags = struct.unpack(_REQUEST, answer)[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack(_REQUEST, b"lo", flags | _IFF_UP))
