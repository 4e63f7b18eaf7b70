"""Who may send: application entities by title, and by address where one is given."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from daemon.errors import ConfigurationError
from daemon.settings.types import is_entity_title

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class AllowedPeer:
    """An application entity that may send.

    Attributes
    ----------
    ae_title : str
    address : IPv4Address or IPv6Address or None
        None: from anywhere.
    port : int or None
        Where it takes the answers to storage commitment on an association of ours.
    """

    ae_title: str
    address: _Address | None = None
    port: int | None = None


def parse_peer(text: str) -> AllowedPeer:
    """Read one entry of the setting `receive_from`.

    Parameters
    ----------
    text : str
        ``AE``, ``AE@ADDRESS``, ``AE@ADDRESS:PORT`` or ``AE@[ADDRESS]:PORT``.

    Returns
    -------
    AllowedPeer

    Raises
    ------
    ConfigurationError
        It is something else.
    """
    title, at, place = text.strip().rpartition("@") if "@" in text else (text.strip(), "", "")
    try:
        address, port = _place(place) if at else (None, None)
    except ValueError:
        title, address, port = "", None, None
    if not is_entity_title(title):
        raise ConfigurationError(
            "an entry of receive_from is AE, AE@ADDRESS or AE@ADDRESS:PORT, with a title of up to 16 "
            "characters and the number of an address, such as CT1@192.0.2.7 or CT1@[2001:db8::7]:104"
        )
    return AllowedPeer(title, address, port)


def _place(text: str) -> tuple[_Address, int | None]:
    port = None
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        if rest:
            port = _port(rest.removeprefix(":"))
    elif text.count(":") == 1:
        host, _, number = text.partition(":")
        port = _port(number)
    else:
        host = text
    return ipaddress.ip_address(host), port


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) < 1 << 16):
        raise ValueError
    return int(text)


class Allowed:
    """The list of those who may send.

    Parameters
    ----------
    peers : sequence of AllowedPeer
        Empty: any that connects from this machine, and no other.
    """

    def __init__(self, peers: Sequence[AllowedPeer]) -> None:
        self._peers = tuple(peers)

    def __call__(self, calling_ae: str, address: str) -> bool:
        """Return whether a peer may send.

        Parameters
        ----------
        calling_ae : str
            As it wrote it.
        address : str
            Of its connection.

        Returns
        -------
        bool
        """
        if not is_entity_title(calling_ae):
            return False
        at = _normal(address)
        if not self._peers:
            return at.is_loopback
        return any(peer.ae_title == calling_ae and peer.address in (None, at) for peer in self._peers)

    def reports_to(self, calling_ae: str, address: str) -> int | None:
        """Return the port at which a peer takes answers to storage commitment, if one was given.

        Parameters
        ----------
        calling_ae, address : str

        Returns
        -------
        int or None
        """
        at = _normal(address)
        ports = [p.port for p in self._peers if p.ae_title == calling_ae and p.address in (None, at)]
        return next((port for port in ports if port is not None), None)


def _normal(address: str) -> _Address:
    """Read an address; one of IPv4 that came over a socket of IPv6 is what it was."""
    read = ipaddress.ip_address(address.partition("%")[0])
    return getattr(read, "ipv4_mapped", None) or read
