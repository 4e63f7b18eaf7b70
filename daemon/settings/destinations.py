"""Where results are sent: addresses of peers, as the setting `send_to` has them.

References
----------
PS3.5 6.2 Value Representation AE; PS3.18 8.2 (STOW-RS), RFC 3986.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from daemon.settings.types import entity_title

DICOM: Final = ("dicom", "dicoms")
WEB: Final = ("http", "https")
FOLDER: Final = "file"
_WANTED: Final = (
    "dicom://CALLED_AE@HOST:PORT, dicoms://CALLED_AE@HOST:PORT (TLS), https://HOST/.../studies, "
    "http://HOST/.../studies or file:///FOLDER is wanted"
)
_LONGEST_KEY: Final = 80


@dataclass(frozen=True, slots=True)
class Destination:
    """One peer, or a folder.

    Parameters
    ----------
    address : str
        As it was set; by it people know the peer, in messages, metrics and commands. It holds no secret.
    scheme : str
        ``dicom``, ``dicoms``, ``http``, ``https`` or ``file``.
    host : str
        Empty for a folder.
    port : int
        0 for a folder.
    called_ae : str
        Of a DICOM peer; else empty.
    path : str
        Of the folder, or on the web server.
    """

    address: str
    scheme: str
    host: str
    port: int
    called_ae: str
    path: str

    @property
    def is_encrypted(self) -> bool:
        """Whether what is sent crosses the network by TLS."""
        return self.scheme in ("dicoms", "https")

    @property
    def key(self) -> str:
        """Name its folder in the outbox: readable, of plain letters, and of no other address."""
        plain = re.sub(r"[^A-Za-z0-9.-]+", "-", self.address).strip("-.")[:_LONGEST_KEY]
        return f"{plain}-{hashlib.sha256(self.address.encode()).hexdigest()[:8]}"


def parse_destination(address: str) -> Destination:
    """Read an address.

    Parameters
    ----------
    address : str

    Returns
    -------
    Destination

    Raises
    ------
    ValueError
        It is none, or holds a password; the message says what is wanted, and quotes nothing.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError(_WANTED) from None
    if parts.query or parts.fragment:
        raise ValueError(f"{_WANTED}, without ? and #")
    if parts.password is not None:
        raise ValueError("an address holds no password: put it into send_netrc_file")
    if parts.scheme in DICOM:
        return _dicom(address, parts, port)
    if parts.scheme in WEB:
        return _web(address, parts, port)
    if parts.scheme == FOLDER and not parts.netloc and unquote(parts.path).startswith("/"):
        return Destination(address, FOLDER, "", 0, "", unquote(parts.path))
    raise ValueError(_WANTED)


def _dicom(address: str, parts: SplitResult, port: int | None) -> Destination:
    called = unquote(parts.username or "")
    if not (parts.hostname and port) or parts.path.strip("/"):
        raise ValueError(_WANTED)
    return Destination(address, parts.scheme, parts.hostname, port, entity_title(called.strip()), "")


def _web(address: str, parts: SplitResult, port: int | None) -> Destination:
    if not parts.hostname or not parts.path.rstrip("/").endswith("/studies"):
        raise ValueError(f"{_WANTED}: a web server's address ends in /studies")
    if parts.username is not None:
        raise ValueError("an address of a web server holds no user: put it into send_netrc_file")
    standard = 443 if parts.scheme == "https" else 80
    return Destination(address, parts.scheme, parts.hostname, port or standard, "", parts.path.rstrip("/"))


def destinations(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Accept addresses that can be read, none of them twice.

    Parameters
    ----------
    addresses : tuple of str

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        One cannot be read, or stands there twice.
    """
    for address in addresses:
        parse_destination(address)
    return each_once(addresses)


def each_once(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Accept addresses none of which stands there twice.

    Parameters
    ----------
    addresses : tuple of str

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        One does; it is not quoted.
    """
    if len(set(addresses)) != len(addresses):
        raise ValueError("an address stands there twice")
    return addresses
