import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from daemon.network.sending.dispatch import Dispatch
from daemon.network.sending.entries import State, entries, put
from daemon.network.sending.failure import PeerFailed, Presence, Verdict
from daemon.network.sending.notes import BackOff
from daemon.network.sending.signature import signed_headers
from daemon.network.sending.webhook_peer import WebhookPeer
from daemon.network.tls import client_context
from daemon.settings.fields import Settings
from daemon.settings.notices import parse_webhook
from tests.docs.documents import python_blocks, text
from tests.support.certificates import Authority, needs_openssl
from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.records import scan_id
from tests.support.shared import ROOT
from tests.support.waiting import wait_until
from tests.support.web_hooks import HookServer

SECRET = b"0123456789abcdef0123"


@dataclass(frozen=True, slots=True)
class Body:
    kind: str
    sop_instance_uid: str
    content: bytes


def peer_at(address, **more):
    given = {"timeout_s": scaled(5), "tls": client_context(Settings()), "clock": lambda: 1.7e9}
    return WebhookPeer(parse_webhook(address), SECRET, **given | more)


@pytest.fixture
def noticed(outbox):
    """Put notices into the outbox for an address; give the folder and the entries."""

    def fill(address, *numbers):
        folder = outbox.folder(parse_webhook(address))
        for number in numbers:
            put(folder, scan_id(number), Body("webhook", f"study_{number}", json.dumps(number).encode()))
        return folder, entries(folder, State.WAITING)

    return fill


def test_what_is_posted_is_what_lies_in_the_outbox_signed(noticed, answers):
    with HookServer(204) as server:
        _, batch = noticed(server.address, 1, 2)
        peer = peer_at(server.address)
        peer.send(batch, answers)
        assert peer.ask(batch) == dict.fromkeys(batch, Presence.NOT_OFFERED)
        peer.close()
    assert {answer.verdict for answer in answers.said.values()} == {Verdict.CONFIRMED}
    assert [body for _, _, body, _ in server.got] == [b"1", b"2"]
    path, headers, body, _ = server.got[0]
    assert path == "/hook"
    signed = signed_headers(SECRET, "study_1", 1_700_000_000, body)
    assert {name.lower(): value for name, value in headers.items()}.items() >= signed.items()
    assert headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    ("status", "step", "words"),
    [
        (301, "store", "is not followed"),
        (307, "store", "is not followed"),
        (401, "authorise", "webhook_secret_file"),
        (404, "store", "webhook_to"),
        (429, "store", "takes nothing now"),
        (503, "store", "takes nothing now"),
    ],
)
def test_what_is_the_server_s_fault_lets_all_wait_and_no_redirect_is_followed(
    noticed, answers, status, step, words
):
    """Break it: let httpx follow redirects: the second server gets what is signed for the first."""
    with HookServer(200) as elsewhere, HookServer(status, headers={"Location": elsewhere.address}) as server:
        _, batch = noticed(server.address, 1, 2)
        peer = peer_at(server.address)
        with pytest.raises(PeerFailed, match=words) as failed:
            peer.send(batch, answers)
        peer.close()
    assert (failed.value.failure.step, answers.said, len(server.got)) == (step, {}, 1)
    assert elsewhere.got == []


@pytest.mark.parametrize(
    ("status", "verdict"), [(400, Verdict.REFUSED), (422, Verdict.REFUSED), (500, Verdict.NOT_NOW)]
)
def test_what_is_the_notice_s_fault_holds_up_no_other(noticed, answers, status, verdict):
    with HookServer(status, 200) as server:
        _, batch = noticed(server.address, 1, 2)
        peer = peer_at(server.address)
        peer.send(batch, answers)
        peer.close()
    assert [answers.said[number].verdict for number in (1, 2)] == [verdict, Verdict.CONFIRMED]


def test_one_that_is_down_and_one_that_is_slow_are_named(noticed, answers):
    address = f"http://127.0.0.1:{free_port()}/hook"
    _, batch = noticed(address, 1)
    peer = peer_at(address)
    with pytest.raises(PeerFailed, match="connect"):
        peer.send(batch, answers)
    peer.close()
    with HookServer(0) as server:
        _, batch = noticed(server.address, 2)
        peer = peer_at(server.address, timeout_s=0.2)
        with pytest.raises(PeerFailed, match=r"silent for 0.2 s"):
            peer.send(batch, answers)
        peer.close()


@needs_openssl
def test_a_wrong_certificate_gets_nothing(noticed, answers, tmp_path):
    """Break it: verify nothing. The body goes to whoever answers at that port."""
    authority, other = (Authority(tmp_path / name) for name in ("ours", "theirs"))
    trusted = client_context(Settings(tls_authorities_file=authority.certificate))
    with HookServer(200, certified=other.sign("server")) as server:
        _, batch = noticed(server.address, 1)
        peer = peer_at(server.address, tls=trusted)
        with pytest.raises(PeerFailed, match="certificate is not accepted"):
            peer.send(batch, answers)
        peer.close()
        assert server.got == []
    with HookServer(200, certified=authority.sign("server")) as server:
        _, batch = noticed(server.address, 2)
        peer = peer_at(server.address, tls=trusted)
        peer.send(batch, answers)
        peer.close()
    assert answers.said[2].verdict is Verdict.CONFIRMED


def test_it_is_retried_with_the_same_id_and_body_by_the_back_off_of_the_outbox(noticed):
    now = [1.7e9]
    with HookServer(503, 200) as server:
        folder, _ = noticed(server.address, 1)
        dispatch = Dispatch(
            server.address,
            folder,
            peer_at(server.address, clock=lambda: now[0]),
            BackOff(5, 60),
            keep_days=1,
            is_stopping=lambda: False,
            clock=lambda: now[0],
        )
        dispatch.step()
        dispatch.step()
        assert len(server.got) == 1, "it waits"
        now[0] += 61
        dispatch.step()
        dispatch.close()
    assert [entry.kind for entry in entries(folder, State.CONFIRMED)] == ["webhook"]
    ids = [{name.lower(): value for name, value in headers.items()} for _, headers, _, _ in server.got]
    assert ids[0]["webhook-id"] == ids[1]["webhook-id"]
    assert ids[0]["webhook-timestamp"] != ids[1]["webhook-timestamp"]
    assert server.got[0][2] == server.got[1][2]


def test_the_documented_receiver_takes_what_is_ours_and_nothing_else(noticed, answers, tmp_path):
    """The example of docs/pacs.md, run as it stands."""
    (example,) = [one for one in python_blocks(text(ROOT / "docs" / "pacs.md")) if "webhook-signature" in one]
    (tmp_path / "receiver.py").write_text(example)
    (tmp_path / "secret").write_text("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM=\n")
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    with (tmp_path / "out").open("wb") as out, (tmp_path / "err").open("wb") as err:
        words = [sys.executable, "receiver.py", str(port), "secret"]
        receiver = subprocess.Popen(words, cwd=tmp_path, stdout=out, stderr=err)
    _, batch = noticed(address, 1)
    body = Body("webhook", "study_9", b'{"study": {"key": "k", "number": 1, "answer": "fractured"}}')
    put(batch[0].folder, scan_id(9), body)
    (entry,) = [one for one in entries(batch[0].folder, State.WAITING) if one.scan_id == scan_id(9)]
    try:
        wait_until(lambda: "listening" in (tmp_path / "out").read_text(), what="the receiver")
        good, late, wrong = (
            WebhookPeer(
                parse_webhook(address), secret, timeout_s=scaled(5), tls=client_context(Settings()), **clock
            )
            for secret, clock in ((SECRET, {}), (SECRET, {"clock": lambda: 1.7e9}), (SECRET[::-1], {}))
        )
        for _ in range(2):  # a repetition is taken, and done once
            good.send([entry], answers)
            assert answers.said[9].verdict is Verdict.CONFIRMED
        for peer in (late, wrong):
            with pytest.raises(PeerFailed, match="authorise"):
                peer.send([entry], answers)
        for peer in (good, late, wrong):
            peer.close()
    finally:
        receiver.terminate()
        receiver.wait()
    assert (tmp_path / "out").read_text().count("fractured") == 1, (tmp_path / "err").read_text()
