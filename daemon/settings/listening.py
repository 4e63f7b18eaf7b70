"""Where a process listens: the one form of an address and a port, ``ADDRESS:PORT``."""

from typing import Final

_LOOPBACK: Final = ("127.0.0.1", "[::1]", "localhost")
_UNIX: Final = "unix:/"
_PORTS: Final = 65_536


def split_listen(text: str) -> tuple[str, int]:
    """Take an address and a port apart.

    Parameters
    ----------
    text : str
        ``ADDRESS:PORT``, an address of IPv6 in brackets.

    Returns
    -------
    tuple of (str, int)
        The address without brackets.

    Raises
    ------
    ValueError
        It is something else.
    """
    host, found, port = text.rpartition(":")
    is_bare_ipv6 = ":" in host and not (host.startswith("[") and host.endswith("]"))
    is_number = port.isascii() and port.isdecimal() and int(port[:9]) < _PORTS
    if not (found and host and is_number) or is_bare_ipv6:
        raise ValueError("ADDRESS:PORT is wanted, such as 127.0.0.1:11112, 0.0.0.0:104 or [::]:104")
    return host.strip("[]"), int(port)


def any_listener(value: str | None) -> str | None:
    """Accept an address and a port, of this machine or of all its networks.

    Parameters
    ----------
    value : str or None

    Returns
    -------
    str or None

    Raises
    ------
    ValueError
        It is no address with a port.
    """
    if value is not None:
        split_listen(value)
    return value


def listener(value: str | None) -> str | None:
    """Accept a socket of this machine only: measurements are not for the network.

    Parameters
    ----------
    value : str or None

    Returns
    -------
    str or None

    Raises
    ------
    ValueError
        It is of another machine, or no address.
    """
    if value is None or value.startswith(_UNIX):
        return value
    try:
        is_here = value.startswith(tuple(f"{host}:" for host in _LOOPBACK)) and split_listen(value)[1] > 0
    except ValueError:
        is_here = False
    if not is_here:
        raise ValueError("127.0.0.1:PORT, [::1]:PORT, localhost:PORT or unix:/PATH is wanted, or off")
    return value
