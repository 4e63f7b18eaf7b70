import email
import email.policy
from dataclasses import dataclass
from netrc import NetrcParseError

import pytest

from daemon.network.sending.entries import State, entries, put
from daemon.network.sending.failure import PeerFailed, Presence, Verdict
from daemon.network.sending.mail_peer import Login, MailPeer, login_of
from daemon.network.tls import client_context
from daemon.settings.fields import Settings
from daemon.settings.notices import MailServer as Address
from daemon.settings.notices import parse_recipient
from tests.support.certificates import Authority, needs_openssl
from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.records import scan_id
from tests.support.smtp_peer import MailServer

WORDS = b"From: a@b.example\r\nTo: ward@b.example\r\nSubject: one\r\n\r\n.a line\r\n"


@dataclass(frozen=True, slots=True)
class Message:
    kind: str
    sop_instance_uid: str
    content: bytes


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture
def batch(outbox):
    folder = outbox.folder(parse_recipient("ward@b.example"))
    for number in (1, 2):
        put(folder, scan_id(number), Message("mail", f"study_{number}", WORDS))
    return entries(folder, State.WAITING)


def peer_at(port, scheme="smtp-plain", authority=None, login=None, **more):
    tls = client_context(Settings(tls_authorities_file=authority and authority.certificate))
    address = Address("127.0.0.1", port, scheme)
    return MailPeer(
        address, "a@b.example", "ward@b.example", tls=tls, login=login, **{"timeout_s": scaled(5)} | more
    )


def test_mail_is_handed_over_by_one_connection(batch, answers):
    with MailServer() as server:
        peer = peer_at(server.port)
        peer.send(batch, answers)
        peer.close()
    assert {answer.verdict for answer in answers.said.values()} == {Verdict.CONFIRMED}
    assert peer.ask(batch) == dict.fromkeys(batch, Presence.NOT_OFFERED)
    (sender, recipient), content, _ = server.messages[0]
    assert ("a@b.example" in sender, "ward@b.example" in recipient, len(server.messages)) == (True, True, 2)
    message = email.message_from_bytes(content.replace(b"\r\n..", b"\r\n."), policy=email.policy.SMTP)
    assert message["Subject"] == "one"


@needs_openssl
@pytest.mark.parametrize("is_wrapped", [True, False])
def test_it_crosses_the_network_encrypted_and_with_our_password(batch, answers, authority, is_wrapped):
    certified = authority.sign(f"mail-{is_wrapped}")
    scheme = "smtps" if is_wrapped else "smtp"
    with MailServer(certified=certified, is_wrapped=is_wrapped, user=("me", "secret")) as server:
        peer_at(server.port, scheme, authority, Login("me", "secret")).send(batch, answers)
        assert [encrypted for _, _, encrypted in server.messages] == [True, True]
        with pytest.raises(PeerFailed, match=r"authorise.*send_netrc_file"):
            peer_at(server.port, scheme, authority, Login("me", "wrong")).send(batch, answers)
        with pytest.raises(PeerFailed, match="certificate is not accepted"):
            peer_at(server.port, scheme, None).send(batch, answers)


def test_nothing_is_sent_unencrypted_where_that_is_not_set(batch, answers):
    """Break it: go on where STARTTLS is not offered."""
    no_tls = pytest.raises(PeerFailed, match="tls: the mail server offers no STARTTLS")
    with MailServer() as server, no_tls:
        peer_at(server.port, "smtp").send(batch, answers)
    assert server.messages == []


@pytest.mark.parametrize(
    ("refusal", "verdict"),
    [
        ({"RCPT": "550 no such mailbox"}, Verdict.REFUSED),
        ({"RCPT": "450 later"}, Verdict.NOT_NOW),
        ({"DATA": "552 too much"}, Verdict.REFUSED),
        ({"DATA": "451 later"}, Verdict.NOT_NOW),
    ],
)
def test_what_a_server_does_not_take_is_refused_or_tried_again(batch, answers, refusal, verdict):
    with MailServer(refuses=refusal) as server:
        peer_at(server.port).send(batch, answers)
    assert [answer.verdict for answer in answers.said.values()] == [verdict, verdict]


def test_what_is_the_server_s_fault_lets_all_wait(batch, answers):
    with MailServer(refuses={"MAIL": "550 not you"}) as server, pytest.raises(PeerFailed, match="mail_from"):
        peer_at(server.port).send(batch, answers)
    with pytest.raises(PeerFailed, match=r"connect: port .* cannot be reached"):
        peer_at(free_port()).send(batch, answers)
    silent = {"EHLO": "421 no", "HELO": "421 no"}
    with MailServer(refuses=silent) as server, pytest.raises(PeerFailed, match=r"associate|store"):
        peer_at(server.port).send(batch, answers)
    assert answers.said == {}


def test_the_password_is_that_of_the_server_in_the_file(tmp_path):
    file = tmp_path / "netrc"
    file.write_text("machine mail.example login me password secret\n")
    assert login_of(Address("mail.example", 587, "smtp"), file) == Login("me", "secret")
    assert login_of(Address("other.example", 587, "smtp"), file) is None
    assert login_of(Address("mail.example", 587, "smtp"), None) is None
    file.write_text("machine h colour blue")
    with pytest.raises(NetrcParseError):
        login_of(Address("h", 587, "smtp"), file)
