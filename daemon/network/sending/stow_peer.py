"""A web server as destination: objects are stored by STOW-RS, and asked for by QIDO-RS.

References
----------
PS3.18 10.5 Store Transaction, 10.6 Search Transaction.
"""

import json
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from daemon.network.sending.diagnose import diagnose
from daemon.network.sending.entries import Entry
from daemon.network.sending.failure import STORED, Answer, Failure, PeerFailed, Presence, Verdict
from daemon.network.sending.header import header_of
from daemon.network.sending.multipart import related
from daemon.network.sending.statuses import judge_status
from daemon.network.sending.stow_answer import StowAnswer, read_answer, values_of
from daemon.network.sending.web_statuses import NOT_ALLOWED, OF_WHAT_WAS_SENT
from daemon.settings.destinations import Destination

_JSON: Final = "application/dicom+json"
_MOST_BYTES: Final = 32 << 20
_MOST_PARTS: Final = 16
_MOST_ANSWERED: Final = 4 << 20
"""Bytes of an answer: some hundred for each object."""
_INSTANCE: Final = "00080018"
_TAKES_NOTHING: Final = (429, 502, 503, 504, 507)
_WRONG_ADDRESS: Final = (301, 302, 303, 307, 308, 404, 405, 410)


class StowPeer:
    """A web server that stores.

    Parameters
    ----------
    destination : Destination
    timeout_s : float
        For each answer, seconds.
    tls : ssl.SSLContext
    netrc : Path or None
        Users and passwords.
    """

    def __init__(
        self, destination: Destination, *, timeout_s: float, tls: ssl.SSLContext, netrc: Path | None = None
    ) -> None:
        self._destination = destination
        self._timeout_s = timeout_s
        self._tls = tls
        self._client = httpx.Client(
            verify=tls,
            timeout=timeout_s,
            trust_env=False,  # an unexpected proxy would read results of patients
            auth=httpx.NetRCAuth(str(netrc)) if netrc else None,
            headers={"Accept": _JSON},
        )

    def send(self, batch: Sequence[Entry], report: Callable[[Entry, Answer], bool]) -> None:
        """Send objects, several a request, as `Peer`.

        What a server says nothing of is asked for, and else sent alone: its status is that of the object
        then.
        """
        for some in _requests(batch):
            status, answer = self._store(some)
            for entry in some:
                found = _answer_to(entry, answer)
                if found is None:
                    found = _alone(status) if len(some) == 1 else self._sort_out(entry)
                if not report(entry, found):
                    return

    def _sort_out(self, entry: Entry) -> Answer:
        """Find out about an object that the answer to several did not name."""
        if self._presence(entry) is Presence.THERE:
            return STORED
        status, answer = self._store([entry])
        return _answer_to(entry, answer) or _alone(status)

    def _store(self, some: Sequence[Entry]) -> tuple[int, StowAnswer]:
        body, content_type = related([entry.path.read_bytes() for entry in some])
        response = self._request(
            "POST", self._destination.address, content=body, headers={"Content-Type": content_type}
        )
        if response.status_code in NOT_ALLOWED:
            raise PeerFailed(
                Failure(
                    "authorise",
                    f"the server does not let us store (HTTP {response.status_code})",
                    "name a user and password for it in send_netrc_file, or give us the rights there",
                )
            )
        if response.status_code in _WRONG_ADDRESS:
            raise PeerFailed(
                Failure(
                    "store",
                    f"no DICOMweb store answers at that address (HTTP {response.status_code})",
                    "correct the path in `send_to`; it ends in /studies",
                )
            )
        if response.status_code in _TAKES_NOTHING:
            raise PeerFailed(
                Failure(
                    "store",
                    f"the server takes nothing now (HTTP {response.status_code})",
                    "see its log: its disk may be full, or it asks for patience",
                )
            )
        return response.status_code, read_answer(_json(response))

    def ask(self, batch: Sequence[Entry]) -> dict[Entry, Presence]:
        """Ask whether the server has objects, as `Peer`."""
        return {entry: self._presence(entry) for entry in batch}

    def _presence(self, entry: Entry) -> Presence:
        header = header_of(entry)
        if not header:
            return Presence.MISSING
        series = f"{header.StudyInstanceUID}/series/{header.SeriesInstanceUID}"
        response = self._request(
            "GET",
            f"{self._destination.address.rstrip('/')}/{series}/instances",
            params={"SOPInstanceUID": entry.sop_instance_uid},
        )
        if response.status_code in (404, 204):  # some answer so that there is no such series
            return Presence.MISSING
        if response.status_code in (400, 405, 406, 501):
            return Presence.NOT_OFFERED
        found = _json(response)
        if not response.is_success or not isinstance(found, list):
            raise PeerFailed(
                Failure(
                    "confirm",
                    f"the server cannot be asked for objects (HTTP {response.status_code})",
                    "see its log: may our user search there?",
                )
            )
        is_there = any(entry.sop_instance_uid in values_of(item, _INSTANCE) for item in found)
        return Presence.THERE if is_there else Presence.MISSING

    def _request(self, method: str, url: str, **more: Any) -> "_Response":
        try:
            with self._client.stream(method, url, **more) as response:
                return _Response(response.status_code, _read(response, self._timeout_s))
        except httpx.TimeoutException:
            found = self._diagnosed()
            raise PeerFailed(
                found
                or Failure(
                    "store" if method == "POST" else "confirm",
                    f"the server was silent for {self._timeout_s:g} s",
                    "see its log; if it is only slow, raise send_timeout_s",
                )
            ) from None
        except httpx.HTTPError as error:
            found = self._diagnosed()
            raise PeerFailed(
                found
                or Failure(
                    "store" if method == "POST" else "confirm",
                    f"the connection ended before the answer ({type(error).__name__})",
                    "see the server's log, and whether it uses HTTP on that port",
                )
            ) from None

    def _diagnosed(self) -> Failure | None:
        peer = self._destination
        tls = self._tls if peer.is_encrypted else None
        return diagnose(peer.host, peer.port, timeout_s=self._timeout_s, tls=tls)

    def close(self) -> None:
        """Close connections."""
        self._client.close()


def _requests(batch: Sequence[Entry]) -> list[list[Entry]]:
    """Divide objects into requests that a server can hold."""
    requests: list[list[Entry]] = []
    size = 0
    for entry in batch:
        own = entry.path.stat().st_size
        if not requests or len(requests[-1]) >= _MOST_PARTS or size + own > _MOST_BYTES:
            requests.append([])
            size = 0
        requests[-1].append(entry)
        size += own
    return requests


def _answer_to(entry: Entry, answer: StowAnswer) -> Answer | None:
    """Say what an answer says of one object; None: nothing."""
    uid = entry.sop_instance_uid
    if uid in answer.stored:
        return Answer(Verdict.STORED, warning=answer.stored[uid])
    if uid in answer.failed:
        reason = answer.failed[uid]
        if reason:
            return judge_status(reason)
        return Answer(
            Verdict.NOT_NOW, Failure("store", "the server failed to store the object", "see its log")
        )
    return None


def _alone(status: int) -> Answer:
    """Judge an object that was sent alone, and that the answer does not name."""
    if status in OF_WHAT_WAS_SENT:
        why = f"refused: the server answers HTTP {status} to this object"
        return Answer(Verdict.REFUSED, Failure("store", why, "see its log; then `inboxray resend`"))
    return Answer(
        Verdict.NOT_NOW,
        Failure(
            "store",
            f"the server answers HTTP {status}, and does not say that it stored the object",
            "see its log; it must name what it stored, as PS3.18 has it",
        ),
    )


@dataclass(frozen=True, slots=True)
class _Response:
    """What a server answered."""

    status_code: int
    content: bytes

    @property
    def is_success(self) -> bool:
        return self.status_code // 100 == 2


def _read(response: httpx.Response, timeout_s: float) -> bytes:
    """Read an answer that has an end: a server may send for ever, or a byte now and then."""
    content, until = bytearray(), time.monotonic() + timeout_s
    for part in response.iter_bytes():
        content += part
        if len(content) > _MOST_ANSWERED or time.monotonic() > until:
            raise PeerFailed(
                Failure(
                    "store" if response.request.method == "POST" else "confirm",
                    "the server's answer has no end",
                    "see its log; if it is only slow, raise send_timeout_s",
                )
            )
    return bytes(content)


def _json(response: _Response) -> Any:
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None
