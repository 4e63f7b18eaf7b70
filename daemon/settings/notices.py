"""Who gets notices of findings: addresses of webhooks, of the mail server, and of those who get mail.

References
----------
RFC 3986, RFC 5321 4.1.2, RFC 3207 (STARTTLS), RFC 8314 (TLS from the beginning).
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from daemon.settings.destinations import WEB, Destination, each_once

_HOOK: Final = "https://HOST/PATH or http://HOST/PATH is wanted"
_SERVER: Final = (
    "smtp://HOST:PORT (STARTTLS), smtps://HOST:PORT (TLS) or, where nothing is encrypted, "
    "smtp-plain://HOST:PORT is wanted"
)
_PORTS: Final = {"smtp": 587, "smtps": 465, "smtp-plain": 25}
_MAILBOX: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
MAILTO: Final = "mailto"


@dataclass(frozen=True, slots=True)
class MailServer:
    """What takes mail from us.

    Parameters
    ----------
    host : str
    port : int
    scheme : str
        ``smtp`` (STARTTLS), ``smtps`` or ``smtp-plain``.
    """

    host: str
    port: int
    scheme: str


def parse_webhook(address: str) -> Destination:
    """Read the address of a webhook.

    Parameters
    ----------
    address : str

    Returns
    -------
    Destination

    Raises
    ------
    ValueError
        It is none, or holds a user or a query; the message says what is wanted, and quotes nothing.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError(_HOOK) from None
    if parts.scheme not in WEB or not parts.hostname or not address.isascii() or not address.isprintable():
        raise ValueError(_HOOK)
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ValueError(
            f"{_HOOK}, without a user, ? and #: it is shown in messages, and the signature says who we are"
        )
    standard = 443 if parts.scheme == "https" else 80
    return Destination(address, parts.scheme, parts.hostname, port or standard, "", parts.path)


def webhooks(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Accept addresses of webhooks, none of them twice.

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
        parse_webhook(address)
    return each_once(addresses)


def parse_recipient(mailbox: str) -> Destination:
    """Read who gets mail, as a destination.

    Parameters
    ----------
    mailbox : str
        ``ward@example.org``.

    Returns
    -------
    Destination
        Of the address ``mailto:...``.

    Raises
    ------
    ValueError
        It is none.
    """
    return Destination(f"{MAILTO}:{_mailbox(mailbox)}", MAILTO, "", 0, "", mailbox)


def recipients(mailboxes: tuple[str, ...]) -> tuple[str, ...]:
    """Accept mailboxes, none of them twice.

    Parameters
    ----------
    mailboxes : tuple of str

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        One is none, or stands there twice.
    """
    return each_once(tuple(_mailbox(one) for one in mailboxes))


def sender(mailbox: str | None) -> str | None:
    """Accept the mailbox in whose name mail is sent.

    Parameters
    ----------
    mailbox : str or None

    Returns
    -------
    str or None

    Raises
    ------
    ValueError
        It is none.
    """
    return None if mailbox is None else _mailbox(mailbox)


def parse_mail_server(address: str) -> MailServer:
    """Read the address of a mail server.

    Parameters
    ----------
    address : str

    Returns
    -------
    MailServer

    Raises
    ------
    ValueError
        It is none, or holds a user.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError(_SERVER) from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(_SERVER)
    if parts.username is not None:
        raise ValueError("an address of a mail server holds no user: put it into send_netrc_file")
    return MailServer(parts.hostname, port or _PORTS[parts.scheme], parts.scheme)


def mail_server_address(address: str | None) -> str | None:
    """Accept the address of a mail server.

    Parameters
    ----------
    address : str or None

    Returns
    -------
    str or None

    Raises
    ------
    ValueError
        It is none.
    """
    if address is not None:
        parse_mail_server(address)
    return address


def _mailbox(text: str) -> str:
    if not _MAILBOX.fullmatch(text) or ".." in text:
        raise ValueError("mailboxes such as ward@example.org are wanted, without names and < >")
    return text
