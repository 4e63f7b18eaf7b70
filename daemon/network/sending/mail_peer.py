"""A mailbox as destination: each notice an e-mail, handed to a mail server.

References
----------
RFC 5321 4.2 SMTP Replies, RFC 3207 STARTTLS, RFC 4954 AUTH.
"""

import netrc
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from daemon.network.sending.diagnose import diagnose
from daemon.network.sending.entries import Entry
from daemon.network.sending.failure import Answer, Failure, PeerFailed, Presence, Verdict
from daemon.settings.notices import MailServer

_TAKEN: Final = Answer(Verdict.CONFIRMED)
_FOR_GOOD: Final = 500
_NO_STARTTLS: Final = Failure(
    "tls",
    "the mail server offers no STARTTLS",
    "see which port offers it; smtps:// is TLS from the beginning; smtp-plain:// sends unencrypted, for a "
    "server on this machine",
)
_NO_LOGIN: Final = Failure(
    "authorise",
    "the mail server takes no login, and send_netrc_file has a user for it",
    "see which port takes one, or take the user out of the file",
)


@dataclass(frozen=True, slots=True)
class Login:
    """A user of the mail server.

    Parameters
    ----------
    user, password : str
    """

    user: str
    password: str


def login_of(server: MailServer, file: Path | None) -> Login | None:
    """Look up who we are for a mail server.

    Parameters
    ----------
    server : MailServer
    file : Path or None
        In the form of netrc(5).

    Returns
    -------
    Login or None
        None: no user is named.

    Raises
    ------
    OSError, netrc.NetrcParseError
        The file cannot be used.
    """
    found = None if file is None else netrc.netrc(file).authenticators(server.host)
    return None if found is None else Login(found[0], found[2] or "")


class MailPeer:
    """A mail server that takes mail for one mailbox.

    Parameters
    ----------
    server : MailServer
    sender, recipient : str
        Mailboxes.
    timeout_s : float
        For each answer, seconds.
    tls : ssl.SSLContext
    login : Login or None
    """

    def __init__(
        self,
        server: MailServer,
        sender: str,
        recipient: str,
        *,
        timeout_s: float,
        tls: ssl.SSLContext,
        login: Login | None = None,
    ) -> None:
        self._server, self._sender, self._recipient = server, sender, recipient
        self._timeout_s, self._tls, self._login = timeout_s, tls, login

    def send(self, batch: Sequence[Entry], report: Callable[[Entry, Answer], bool]) -> None:
        """Hand messages over, by one connection.

        Parameters
        ----------
        batch : sequence of Entry
        report : callable
            Takes a message and its answer; returns False to end.

        Raises
        ------
        PeerFailed
            The rest of the batch was not sent.
        """
        connection = self._connected()
        try:
            for entry in batch:
                if not report(entry, self._hand_over(connection, entry)):
                    return
        finally:
            connection.close()

    def _connected(self) -> smtplib.SMTP:
        """Connect by TLS, unless the address says otherwise, and say who we are."""
        server = self._server
        connection: smtplib.SMTP | None = None
        is_plain = server.scheme == "smtp"
        try:
            if server.scheme == "smtps":
                connection = smtplib.SMTP_SSL(
                    server.host, server.port, timeout=self._timeout_s, context=self._tls
                )
            else:
                connection = smtplib.SMTP(server.host, server.port, timeout=self._timeout_s)
            if is_plain:
                connection.starttls(context=self._tls)
                is_plain = False
            if self._login is not None:
                connection.login(self._login.user, self._login.password)
        except (OSError, smtplib.SMTPException) as error:
            if connection is not None:
                connection.close()
            raise PeerFailed(self._failure(error, is_plain=is_plain)) from None
        return connection

    def _failure(self, error: Exception, *, is_plain: bool) -> Failure:
        """Say at which step the connection failed."""
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return Failure(
                "authorise",
                f"the mail server does not know us ({error.smtp_code})",
                "correct the user and the password for it in send_netrc_file",
            )
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return _NO_STARTTLS if is_plain else _NO_LOGIN
        tls = self._tls if self._server.scheme == "smtps" else None
        found = diagnose(self._server.host, self._server.port, timeout_s=self._timeout_s, tls=tls)
        if found is not None:
            return found
        if isinstance(error, ssl.SSLCertVerificationError):
            return Failure(
                "tls",
                f"the mail server's certificate is not accepted: {error.verify_message.rstrip('.')}",
                "renew it there, address the server by the name in it, or name its authority in "
                "tls_authorities_file",
            )
        if isinstance(error, ssl.SSLError):
            return Failure(
                "tls", f"no TLS can be agreed on ({error.reason})", "see the mail server's log and its port"
            )
        return Failure(
            "associate",
            f"the mail server does not talk to us ({_code(error)})",
            "see its log, and whether SMTP is spoken on that port",
        )

    def _hand_over(self, connection: smtplib.SMTP, entry: Entry) -> Answer:
        try:
            connection.sendmail(self._sender, [self._recipient], entry.path.read_bytes())
        except smtplib.SMTPRecipientsRefused as error:
            return self._refused(next(iter(error.recipients.values()))[0], "the mailbox", "correct `mail_to`")
        except smtplib.SMTPSenderRefused as error:
            raise PeerFailed(
                Failure(
                    "authorise",
                    f"the mail server takes nothing in the name of mail_from ({error.smtp_code})",
                    "correct `mail_from`, or name a user for the server in send_netrc_file",
                )
            ) from None
        except smtplib.SMTPDataError as error:
            return self._refused(error.smtp_code, "this message", "see its log")
        except (OSError, smtplib.SMTPException) as error:
            raise PeerFailed(
                Failure(
                    "store",
                    f"the connection ended while a message was sent ({_code(error)})",
                    "see the mail server's log; if it is only slow, raise send_timeout_s",
                )
            ) from None
        return _TAKEN

    def _refused(self, code: int, what: str, remedy: str) -> Answer:
        failure = Failure("store", f"the mail server does not take {what} ({code})", remedy)
        return Answer(Verdict.REFUSED if code >= _FOR_GOOD else Verdict.NOT_NOW, failure)

    def ask(self, batch: Sequence[Entry]) -> dict[Entry, Presence]:
        """Ask nothing: a mail server says no more than that it took a message.

        Parameters
        ----------
        batch : sequence of Entry

        Returns
        -------
        dict of Entry to Presence
        """
        return dict.fromkeys(batch, Presence.NOT_OFFERED)

    def close(self) -> None:
        """Do nothing: each connection was closed."""


def _code(error: Exception) -> str:
    return str(getattr(error, "smtp_code", type(error).__name__))
