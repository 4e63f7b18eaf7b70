"""The peers that the settings name, ready to be sent to."""

from collections.abc import Iterator
from contextlib import contextmanager
from netrc import NetrcParseError
from pathlib import Path
from typing import TYPE_CHECKING, Final

from daemon.errors import ConfigurationError
from daemon.network.sending.association import Line
from daemon.network.sending.commitments import Reports
from daemon.network.sending.confirming import Confirming
from daemon.network.sending.dicom_peer import DicomPeer
from daemon.network.sending.folder_peer import FolderPeer
from daemon.network.sending.mail_peer import MailPeer, login_of
from daemon.network.sending.signature import webhook_secret
from daemon.network.sending.stow_peer import StowPeer
from daemon.network.sending.webhook_peer import WebhookPeer
from daemon.network.tls import client_context
from daemon.settings.destinations import DICOM, FOLDER, Destination
from daemon.settings.notices import MAILTO, parse_mail_server

if TYPE_CHECKING:
    from daemon.network.sending.peer import Peer
    from daemon.settings.fields import Settings

_ON_OUR_ASSOCIATION_S: Final = 2.0
_WHERE_WE_LISTEN_S: Final = 30.0
"""For reports of storage commitment; who sends none in time is asked by a query."""


def peer_of(destination: Destination, settings: "Settings", reports: Reports) -> "Peer":
    """Make ready what sends to a destination; nothing is connected yet.

    Parameters
    ----------
    destination : Destination
    settings : Settings
    reports : Reports
        Of storage commitment.

    Returns
    -------
    Peer

    Raises
    ------
    ConfigurationError
        A file of certificates, keys or passwords cannot be used.
    """
    if destination.scheme == FOLDER:
        return FolderPeer(Path(destination.path))
    if destination.scheme in DICOM:
        wait_s = _ON_OUR_ASSOCIATION_S if settings.commitment_listen is None else _WHERE_WE_LISTEN_S
        tls = client_context(settings) if destination.is_encrypted else None
        line = Line(destination, settings.ae_title, settings.send_timeout_s, tls)
        return DicomPeer(line, Confirming(reports, wait_s=wait_s))
    with _with_passwords():
        return StowPeer(
            destination,
            timeout_s=settings.send_timeout_s,
            tls=client_context(settings),
            netrc=settings.send_netrc_file,
        )


def notified_peer_of(destination: Destination, settings: "Settings") -> "Peer":
    """Make ready what notifies a webhook or a mailbox; nothing is connected yet.

    Parameters
    ----------
    destination : Destination
    settings : Settings

    Returns
    -------
    Peer

    Raises
    ------
    ConfigurationError
        A file of certificates, keys, passwords or the secret cannot be used.
    """
    tls, timeout_s = client_context(settings), settings.send_timeout_s
    if destination.scheme != MAILTO:
        return WebhookPeer(destination, webhook_secret(settings), timeout_s=timeout_s, tls=tls)
    server = parse_mail_server(settings.mail_server or "")
    with _with_passwords():
        login = login_of(server, settings.send_netrc_file)
    sender = settings.mail_from or ""
    return MailPeer(server, sender, destination.path, timeout_s=timeout_s, tls=tls, login=login)


@contextmanager
def _with_passwords() -> Iterator[None]:
    try:
        yield
    except (OSError, NetrcParseError):
        raise ConfigurationError(
            "the file of send_netrc_file cannot be used: lines `machine HOST login USER password PASSWORD` "
            "are wanted, in a file that the user who sends may read"
        ) from None
