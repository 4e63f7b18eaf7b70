"""A webhook as destination: each notice a signed POST.

References
----------
RFC 9110 15 Status Codes; Standard Webhooks 1.0.
"""

import ssl
import time
from collections.abc import Callable, Sequence
from typing import Final

import httpx

from daemon.network.sending.diagnose import diagnose
from daemon.network.sending.entries import Entry
from daemon.network.sending.failure import Answer, Failure, PeerFailed, Presence, Verdict
from daemon.network.sending.signature import signed_headers
from daemon.network.sending.web_statuses import NOT_ALLOWED, OF_WHAT_WAS_SENT
from daemon.settings.destinations import Destination

_NOT_THERE: Final = (404, 405, 410)
_TAKEN: Final = Answer(Verdict.CONFIRMED)


class WebhookPeer:
    """A web server that gets notices.

    Parameters
    ----------
    destination : Destination
    secret : bytes
        Of the signature.
    timeout_s : float
        For each answer, seconds.
    tls : ssl.SSLContext
    clock : callable
        Seconds since 1970.
    """

    def __init__(
        self,
        destination: Destination,
        secret: bytes,
        *,
        timeout_s: float,
        tls: ssl.SSLContext,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._destination = destination
        self._secret = secret
        self._timeout_s = timeout_s
        self._tls = tls
        self._clock = clock
        self._client = httpx.Client(
            verify=tls,
            timeout=timeout_s,
            trust_env=False,  # no proxy, and no password of a netrc, that is not set here
            follow_redirects=False,  # what is signed for one address goes to no other
            headers={"content-type": "application/json; charset=utf-8", "user-agent": "inboxray"},
        )

    def send(self, batch: Sequence[Entry], report: Callable[[Entry, Answer], bool]) -> None:
        """Post notices, one after the other.

        Parameters
        ----------
        batch : sequence of Entry
        report : callable
            Takes a notice and its answer; returns False to end.

        Raises
        ------
        PeerFailed
            The rest of the batch was not sent.
        """
        for entry in batch:
            if not report(entry, self._post(entry)):
                return

    def _post(self, entry: Entry) -> Answer:
        body = entry.path.read_bytes()
        headers = signed_headers(self._secret, entry.sop_instance_uid, int(self._clock()), body)
        try:
            # Its answer is a status; whatever more it says is not read.
            with self._client.stream(
                "POST", self._destination.address, content=body, headers=headers
            ) as response:
                return self._judge(response.status_code)
        except httpx.TimeoutException:
            silent = Failure(
                "store",
                f"the server was silent for {self._timeout_s:g} s",
                "see its log; it should answer at once and work afterwards, or raise send_timeout_s",
            )
            raise PeerFailed(self._diagnosed() or silent) from None
        except httpx.HTTPError as error:
            ended = Failure(
                "store",
                f"the connection ended before the answer ({type(error).__name__})",
                "see the server's log, and whether it uses HTTP on that port",
            )
            raise PeerFailed(self._diagnosed() or ended) from None

    def _judge(self, status: int) -> Answer:
        if 200 <= status < 300:
            return _TAKEN
        if 300 <= status < 400:
            raise PeerFailed(
                Failure(
                    "store",
                    f"the server points to another address (HTTP {status}), which is not followed",
                    "write the address at which it answers itself into `webhook_to`",
                )
            )
        if status in NOT_ALLOWED:
            remedy = "does it know the secret of webhook_secret_file, and is its clock right?"
            raise PeerFailed(
                Failure("authorise", f"the server does not take notices from us (HTTP {status})", remedy)
            )
        if status in _NOT_THERE:
            remedy = "correct the path in `webhook_to`"
            raise PeerFailed(Failure("store", f"no webhook answers at that address (HTTP {status})", remedy))
        if status in OF_WHAT_WAS_SENT:
            remedy = "see its log; then `inboxray resend --refused`"
            failure = Failure("store", f"the server refuses this notice (HTTP {status})", remedy)
            return Answer(Verdict.REFUSED, failure)
        if status == 500:
            failure = Failure("store", "the server failed at this notice (HTTP 500)", "see its log")
            return Answer(Verdict.NOT_NOW, failure)
        raise PeerFailed(
            Failure("store", f"the server takes nothing now (HTTP {status})", "see the server's log")
        )

    def ask(self, batch: Sequence[Entry]) -> dict[Entry, Presence]:
        """Ask nothing: what a webhook answered is all that it says.

        Parameters
        ----------
        batch : sequence of Entry

        Returns
        -------
        dict of Entry to Presence
        """
        return dict.fromkeys(batch, Presence.NOT_OFFERED)

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _diagnosed(self) -> Failure | None:
        peer = self._destination
        tls = self._tls if peer.is_encrypted else None
        return diagnose(peer.host, peer.port, timeout_s=self._timeout_s, tls=tls)
