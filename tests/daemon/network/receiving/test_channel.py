"""TLS in real: who is known is served, and who is not is told why, whichever side it lies on."""

import socket
import ssl
import threading
from contextlib import contextmanager, suppress

import pytest
from structlog.testing import capture_logs

from daemon.errors import ConfigurationError
from daemon.network.receiving.channel import Encrypted
from daemon.network.tls import server_context
from daemon.settings.fields import Settings
from tests.support.certificates import Authority, needs_openssl
from tests.support.deadlines import scaled
from tests.support.dicom_peer import DicomPeer, data_set
from tests.support.receivers import received, serving, terms
from tests.support.waiting import wait_until

pytestmark = needs_openssl
ACCEPT = 0x02


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls") / "stranger")


def settings(authority, own, **more):
    files = {"tls_certificate_file": own.certificate, "tls_key_file": own.key}
    return Settings(**files | {"tls_authorities_file": authority.certificate} | more)


def client(authority, certified=None):
    context = ssl.create_default_context(cafile=authority.certificate)
    if certified is not None:
        context.load_cert_chain(certified.certificate, certified.key)
    return context


class TlsPeer(DicomPeer):
    """A peer that speaks TLS."""

    def __init__(self, port, context):
        super().__init__(port)
        self.socket = context.wrap_socket(self.socket, server_hostname="127.0.0.1")


@contextmanager
def receiver(spool, made):
    with serving(terms(spool, tls=server_context(made))) as port, capture_logs() as logs:
        yield port, logs


def test_a_peer_that_is_known_is_served(spool, authority):
    own, theirs = authority.sign("server"), authority.sign("modality")
    with receiver(spool, settings(authority, own)) as (port, logs):
        with TlsPeer(port, client(authority, theirs)) as peer:
            assert peer.associate() == ACCEPT
            large = data_set("1.2.3", pixels=bytes(3_000_000))
            assert [peer.store("1.2.3", large), peer.store("1.2.4")] == [0, 0]
            assert peer.release() == 0x06
        wait_until(lambda: logs, what="the end of it")
    assert [file.name for file in received(spool)] == ["1.2.3.dcm", "1.2.4.dcm"]


def test_who_shows_no_certificate_is_not_let_in_unless_that_is_set(spool, authority):
    """Break it: ask for none. Anyone who reaches the port then sends what is answered as a patient's."""
    own = authority.sign("server")
    with receiver(spool, settings(authority, own)) as (port, logs):
        failed_to_associate(port, client(authority))
        wait_until(lambda: logs, what="the reason")
    assert (logs[0]["step"], logs[0]["address"]) == ("tls", "127.0.0.1")
    assert "no certificate" in logs[0]["error"]
    assert "receive_tls_clients" in logs[0]["remedy"]
    with (
        receiver(spool, settings(authority, own, receive_tls_clients=False)) as (port, _),
        TlsPeer(port, client(authority)) as peer,
    ):
        assert peer.associate() == ACCEPT


def failed_to_associate(port, context):
    with pytest.raises((OSError, AssertionError)), TlsPeer(port, context) as peer:
        assert peer.associate() == ACCEPT


@pytest.mark.parametrize(
    ("theirs", "ours", "words"),
    [
        ("expired", "sound", "has expired"),
        ("strange", "sound", "certificate is not accepted"),
        ("sound", "expired", "refuses our certificate"),
        ("sound", "strange", "refuses our certificate"),
    ],
)
def test_a_certificate_that_is_not_accepted_is_named(spool, authority, stranger, theirs, ours, words):
    certified = {
        "sound": authority.sign("sound"),
        "expired": authority.sign("expired", days=-1),
        "strange": stranger.sign("strange"),
    }
    with receiver(spool, settings(authority, certified[ours])) as (port, logs):
        failed_to_associate(port, client(authority, certified[theirs]))
        wait_until(lambda: logs, what="the reason")
    assert words in logs[0]["error"]
    assert ("tls_authorities_file" if ours == "sound" else "tls_certificate_file") in logs[0]["remedy"]
    assert received(spool) == []


def test_who_speaks_no_tls_is_told_apart(spool, authority):
    with receiver(spool, settings(authority, authority.sign("server"))) as (port, logs):
        with DicomPeer(port) as peer, suppress(OSError):
            peer.associate()
        wait_until(lambda: logs, what="the reason")
    assert "does not use TLS" in logs[0]["error"]
    assert "receive_listen" in logs[0]["remedy"]


def test_what_is_needed_is_asked_for_at_the_start(authority):
    own = authority.sign("server")
    with pytest.raises(ConfigurationError, match="set tls_certificate_file"):
        server_context(Settings())
    with pytest.raises(ConfigurationError, match="set tls_authorities_file"):
        server_context(Settings(tls_certificate_file=own.certificate, tls_key_file=own.key))


def test_one_thread_sends_while_another_reads_and_a_third_ends_it(authority):
    """As a report on storage commitment is sent while the peer sends: TLS is one state for both ways."""
    own = authority.sign("server")
    context = server_context(settings(authority, own, receive_tls_clients=False))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        far = socket.create_connection(listening.getsockname())
        near, _ = listening.accept()
    channel, got = Encrypted(near, context), bytearray()

    def peer():
        with client(authority).wrap_socket(far, server_hostname="127.0.0.1") as secured:
            secured.sendall(bytes(2_000_000))
            while part := secured.recv(1 << 16):
                got.extend(part)

    thread = threading.Thread(target=peer)
    thread.start()
    channel.open(scaled(20))
    sender = threading.Thread(target=channel.send, args=(b"x" * 2_000_000, scaled(20)))
    room, count = memoryview(bytearray(1 << 16)), 0
    sender.start()
    while count < 2_000_000:
        count += channel.receive_into(room, scaled(20))
    sender.join(scaled(20))
    with pytest.raises(TimeoutError):
        channel.receive_into(room, 0.01)
    channel.cut(b"last")
    assert channel.receive_into(room, scaled(20)) == 0
    channel.close()
    thread.join(scaled(20))
    assert bytes(got) == b"x" * 2_000_000 + b"last"
    with pytest.raises(OSError):
        channel.send(b"y", 1)
