import socket
import ssl
import subprocess

import pytest

from daemon.network.sending import diagnose as module
from tests.support.certificates import Authority, needs_openssl
from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.waiting import wait_until


def look(port, host="127.0.0.1", tls=None):
    return module.diagnose(host, port, timeout_s=scaled(5), tls=tls)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture
def serve():
    """Serve TLS as OpenSSL's own server does, on loopback; give the port."""
    running = []

    def start(own, *options):
        port = free_port()
        words = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-quiet", "-cert", own.certificate]
        running.append(subprocess.Popen([*words, "-key", own.key, *options], stderr=subprocess.DEVNULL))
        wait_until(lambda: look(port) is None, what="the server")
        return port

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_a_name_without_an_address_fails_to_resolve():
    found = look(104, host="no-such-host.invalid")

    assert found.step == "resolve"
    assert "no-such-host.invalid" in found.error


def test_a_port_on_which_nobody_listens_fails_to_connect():
    found = look(free_port())

    assert (found.step, "check the port" in found.remedy) == ("connect", True)


def test_what_listens_is_reached():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        assert look(server.getsockname()[1]) is None


def test_what_is_no_tls_says_so():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        found = module.diagnose(
            "127.0.0.1", server.getsockname()[1], timeout_s=0.2, tls=ssl.create_default_context()
        )
    assert found is None or found.step == "tls"


@needs_openssl
def test_a_certificate_that_we_do_not_know_or_that_has_expired_is_named(authority, serve):
    port = serve(authority.sign("archive"))
    known = ssl.create_default_context(cafile=authority.certificate)

    assert look(port, tls=known) is None
    stranger = look(port, tls=ssl.create_default_context())
    assert (stranger.step, "certificate is not accepted" in stranger.error) == ("tls", True)
    expired = look(serve(authority.sign("old", days=-1)), tls=known)
    assert "expired" in expired.error
    misnamed = look(port, host="localhost.localdomain", tls=known)
    assert misnamed.step in ("tls", "resolve")


@needs_openssl
def test_a_peer_that_wants_our_certificate_says_so(authority, serve, monkeypatch):
    port = serve(authority.sign("archive"), "-Verify", "1", "-CAfile", authority.certificate)
    context = ssl.create_default_context(cafile=authority.certificate)

    with monkeypatch.context() as patient:  # what it says of us it says after the handshake
        patient.setattr(module, "_ALERT_S", scaled(5))
        found = look(port, tls=context)
    assert (found.step, "our certificate" in found.error) == ("tls", True)
    own = authority.sign("client")
    context.load_cert_chain(own.certificate, own.key)
    assert look(port, tls=context) is None


@needs_openssl
def test_plain_text_on_that_port_is_no_tls(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        import threading

        def babble():
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"220 welcome\r\n" * 10)

        thread = threading.Thread(target=babble)
        thread.start()
        found = look(server.getsockname()[1], tls=ssl.create_default_context())
        thread.join()
    assert (found.step, "uses TLS" in found.remedy) == ("tls", True)
