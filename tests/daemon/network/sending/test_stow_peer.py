import json
import threading
from contextlib import contextmanager, suppress
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread

from daemon.network.sending.failure import PeerFailed, Presence, Verdict
from daemon.network.sending.stow_peer import StowPeer
from daemon.network.tls import client_context
from daemon.settings.destinations import parse_destination
from daemon.settings.fields import Settings
from tests.support.archives import Orthanc, needs_orthanc
from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.records import scan_id
from tests.support.result_objects import uid_of


@contextmanager
def peer_at(address, **more):
    peer = StowPeer(
        parse_destination(address), **{"timeout_s": scaled(5), "tls": client_context(Settings())} | more
    )
    try:
        yield peer
    finally:
        peer.close()


class Server:
    """A server that answers as it is told to, for what Orthanc never does; it keeps what it takes.

    Parameters
    ----------
    answer : callable
        Of the UIDs of one request and of how many came before; gives a status, the UIDs that it says it
        stored, and those that failed with their reasons.
    """

    def __init__(self, answer):
        self.requests, self.stored, self.headers = [], set(), []
        self._answer = answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/studies"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,)).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def _handler(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                outer.headers.append(dict(self.headers))
                head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                parts = message_from_bytes(head + body).get_payload()
                uids = [dcmread(BytesIO(part.get_payload(decode=True))).SOPInstanceUID for part in parts]
                outer.requests.append(uids)
                status, stored, failed = outer._answer(uids, len(outer.requests) - 1)
                outer.stored |= set(stored)
                said = {
                    "00081199": {"Value": [{"00081155": {"Value": [uid]}} for uid in stored]},
                    "00081198": {
                        "Value": [
                            {"00081155": {"Value": [uid]}, "00081197": {"Value": [reason]}}
                            for uid, reason in failed.items()
                        ]
                    },
                }
                self._say(status, said)

            def do_GET(self):
                uid = self.path.rpartition("SOPInstanceUID=")[2]
                self._say(200, [{"00080018": {"Value": [uid]}}] if uid in outer.stored else [])

            def _say(self, status, said):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(said).encode())

            def log_message(self, *_):
                pass

        return Handler


def test_success_goes_by_the_list_and_not_by_the_status(fill_outbox, answers):
    """Break it: take 200 for all that was sent."""
    left_out = uid_of(scan_id(2))

    def answer(uids, _):
        return 200, [uid for uid in uids if uid != left_out], {}

    with Server(answer) as server:
        _, batch = fill_outbox(server.address, 1, 2, 3)
        with peer_at(server.address) as peer:
            peer.send(batch, answers)
    verdicts = {number: said.verdict for number, said in answers.said.items()}
    assert verdicts == {1: Verdict.STORED, 2: Verdict.NOT_NOW, 3: Verdict.STORED}
    assert server.requests[1:] == [[left_out]], "what was not named is sent alone"


def test_what_was_stored_and_not_named_is_asked_for_and_not_sent_twice(fill_outbox, answers):
    with Server(lambda uids, _: (400, uids, {})) as server:
        _, batch = fill_outbox(server.address, 1, 2)
        server._answer = lambda uids, _: (server.stored.update(uids), (400, [], {}))[1]
        with peer_at(server.address) as peer:
            peer.send(batch, answers)
    assert {said.verdict for said in answers.said.values()} == {Verdict.STORED}
    assert len(server.requests) == 1


def test_reasons_and_statuses_of_single_objects_refuse_them(fill_outbox, answers):
    refused = {uid_of(scan_id(1)): 0xA900, uid_of(scan_id(2)): 0x0110}

    def answer(uids, _):
        failed = {uid: refused[uid] for uid in uids if uid in refused}
        return (409, [], failed) if failed else (415, [], {})

    with Server(answer) as server:
        _, batch = fill_outbox(server.address, 1, 2, 3)
        with peer_at(server.address) as peer:
            peer.send(batch, answers)
    verdicts = {number: said.verdict for number, said in answers.said.items()}
    assert verdicts == {1: Verdict.REFUSED, 2: Verdict.NOT_NOW, 3: Verdict.REFUSED}
    assert "HTTP 415" in answers.said[3].failure.error


@pytest.mark.parametrize(
    ("status", "step", "words"),
    [
        (401, "authorise", "send_netrc_file"),
        (403, "authorise", "rights"),
        (404, "store", "correct the path"),
        (503, "store", "takes nothing now"),
        (507, "store", "disk may be full"),
    ],
)
def test_what_is_wrong_with_the_server_holds_up_all(fill_outbox, answers, status, step, words):
    with Server(lambda *_: (status, [], {})) as server:
        _, batch = fill_outbox(server.address, 1, 2)
        with peer_at(server.address) as peer, pytest.raises(PeerFailed, match=words) as failed:
            peer.send(batch, answers)
    assert failed.value.failure.step == step
    assert answers.said == {}


def test_a_password_comes_from_its_file(tmp_path, fill_outbox, answers):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login clerk password secret\n")
    netrc.chmod(0o600)
    with Server(lambda uids, _: (200, uids, {})) as server:
        _, batch = fill_outbox(server.address, 1)
        with peer_at(server.address, netrc=netrc) as peer:
            peer.send(batch, answers)
    assert server.headers[0]["Authorization"].startswith("Basic ")


def test_no_proxy_of_the_environment_reads_results(monkeypatch, fill_outbox, answers):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with Server(lambda uids, _: (200, uids, {})) as server:
        _, batch = fill_outbox(server.address, 1)
        with peer_at(server.address) as peer:
            peer.send(batch, answers)
    assert answers.said[1].verdict is Verdict.STORED


def test_a_server_that_is_away_is_told_by_its_step(fill_outbox, answers):
    for address, step in (
        (f"http://127.0.0.1:{free_port()}/studies", "connect"),
        ("http://no-such-host.invalid/studies", "resolve"),
    ):
        _, batch = fill_outbox(address, 1)
        with peer_at(address) as peer, pytest.raises(PeerFailed) as failed:
            peer.send(batch, answers)
        assert failed.value.failure.step == step
    with Server(lambda uids, _: (200, uids, {})) as server:
        address = server.address.replace("http:", "https:")
        _, batch = fill_outbox(address, 1)
        with peer_at(address) as peer, pytest.raises(PeerFailed) as failed:
            peer.send(batch, answers)
    assert failed.value.failure.step == "tls"


@needs_orthanc
def test_orthanc_answers_400_stores_the_sound_ones_and_names_no_failed_one(
    network, tmp_path, fill_outbox, answers
):
    with Orthanc(tmp_path / "orthanc") as archive:
        _, batch = fill_outbox(archive.stow, 1, 2, 3)
        damaged = Path(batch[1].path)
        damaged.write_bytes(damaged.read_bytes()[:200])
        with peer_at(archive.stow, timeout_s=scaled(20)) as peer:
            peer.send(batch, answers)
            verdicts = {number: said.verdict for number, said in answers.said.items()}
            assert verdicts == {1: Verdict.STORED, 2: Verdict.REFUSED, 3: Verdict.STORED}
            assert archive.uids() == sorted(uid_of(scan_id(number)) for number in (1, 3))
            assert list(peer.ask(batch).values()) == [Presence.THERE, Presence.MISSING, Presence.THERE]


@contextmanager
def answering(content, *, again=False):
    """A server that answers each request with these bytes; again and again, if it is told to."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(content)
                while again:
                    self.wfile.write(content)

        def do_POST(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,)).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/studies"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b'[{"00080018": "x"}, 7, {"00080018": {"Value": {}}}]', b'{"00081199": 1}', b"\xff"],
    ids=["deep", "no elements", "no sequence", "no text"],
)
def test_whatever_a_server_answers_it_costs_no_other_destination(fill_outbox, answers, content):
    """Break it: read it as if a server had written it well. What is raised ends the process."""
    with answering(content) as address, peer_at(address) as peer:
        _, batch = fill_outbox(address, 1)
        peer.send(batch, answers)
        with suppress(PeerFailed):
            assert peer.ask(batch) == dict.fromkeys(batch, Presence.MISSING)
    assert answers.said[1].verdict is Verdict.NOT_NOW


def test_an_answer_without_an_end_has_one(fill_outbox, answers):
    """Break it: read it whole. A server that goes on for ever then takes all memory, and the thread."""
    with answering(bytes(100_000), again=True) as address, peer_at(address) as peer:
        _, batch = fill_outbox(address, 1)
        with pytest.raises(PeerFailed, match="has no end"):
            peer.send(batch, answers)
