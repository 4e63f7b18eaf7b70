"""An archive of one's own is tried first of all; the whole: `tests/daemon/cli/test_rehearse.py`.

Break it: begin without the association.
"""

import socket
import ssl
import threading
from contextlib import contextmanager

import pytest

pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")
pytest.importorskip("httpx", reason="the extra `pacs` is not installed")

from pynetdicom import AE

from daemon.errors import DaemonAwayError
from daemon.network.rehearsal.against import _CLASSES, rehearse_against
from daemon.settings.fields import Settings
from tests.support.certificates import Authority, needs_openssl


@contextmanager
def archive(title, **required):
    """An archive that stores nothing, since nothing may come that far; give its port."""
    entity = AE(ae_title=title)
    for name, value in required.items():
        setattr(entity, name, value)
    for one in _CLASSES:
        entity.add_supported_context(one)
    server = entity.start_server(("127.0.0.1", 0), block=False)
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()


def refusal(address, **settings):
    """Give what is said of an archive, behind its address."""
    with pytest.raises(DaemonAwayError) as failed:
        rehearse_against(address, Settings(send_timeout_s=5, **settings))
    said = str(failed.value)
    assert said.startswith(f"{address}: ")
    assert said.endswith(". Nothing was sent")
    return said.removeprefix(f"{address}: ")


def test_a_port_at_which_nothing_listens_is_named_with_what_to_do():
    with socket.socket() as taken:  # bound, and never listened at
        taken.bind(("127.0.0.1", 0))
        said = refusal(f"dicom://PACS@127.0.0.1:{taken.getsockname()[1]}")
    assert said.startswith("connect: port ")
    assert "check the port, and whether the peer runs" in said


def test_titles_that_the_archive_does_not_expect_are_named():
    with archive("PACS", require_called_aet=True) as port:
        said = refusal(f"dicom://OTHER@127.0.0.1:{port}")
    assert said.startswith("associate: the peer has another AE title than OTHER; correct the title before")
    with archive("PACS", require_calling_aet=["CT1"]) as port:
        said = refusal(f"dicom://PACS@127.0.0.1:{port}")
    assert said.startswith("associate: the peer does not know our AE title INBOXRAY; enter it on the peer")


@needs_openssl
def test_a_certificate_that_has_expired_is_named(tmp_path):
    authority = Authority(tmp_path / "authority")
    old = authority.sign("old", days=-1)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(old.certificate, old.key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        ends = threading.Event()

        def serve():
            while not ends.is_set():
                connection, _ = server.accept()
                with connection, pytest.raises(OSError):
                    server_side.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=serve)
        thread.start()
        address = f"dicoms://PACS@127.0.0.1:{server.getsockname()[1]}"
        said = refusal(address, tls_authorities_file=authority.certificate)
        ends.set()
        socket.create_connection(server.getsockname()).close()
        thread.join()
    assert said.startswith("tls: the peer's certificate is not accepted: certificate has expired; renew it")


def test_an_address_that_is_none_is_refused():
    with pytest.raises(ValueError, match="is wanted"):
        rehearse_against("PACS", Settings())
