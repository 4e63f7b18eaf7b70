"""A report reaches a real peer on an association of ours, and it is said if it does not."""

import socket
import time
from pathlib import Path

import pytest

pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")

from pynetdicom import AE, evt  # is there
from structlog.testing import capture_logs

from daemon.network.receiving import call_back as module
from daemon.network.receiving.allowed import Allowed, parse_peer
from daemon.network.receiving.call_back import CallBack
from daemon.network.receiving.pending import Delivery, Pending
from daemon.network.receiving.transactions import Transaction, write_report
from tests.support.deadlines import scaled
from tests.support.dicom_peer import COMMITMENT

TRANSACTION = Transaction("9.8", (("1.2", "1.2.3"),))
DATA = write_report(TRANSACTION, {"1.2.3"}, is_explicit=False)


@pytest.fixture
def peer():
    """A modality that takes reports: it accepts that we are the SCP."""
    heard = []

    def report(event):
        heard.append((event.event_type, event.event_information.TransactionUID))
        return (0 if event.event_type == 1 else 0x0110), None

    entity = AE("CT1")
    entity.add_supported_context(COMMITMENT, scu_role=False, scp_role=True)
    server = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, report)]
    )
    yield server.server_address[1], heard
    server.shutdown()


def calling(port):
    return CallBack("INBOXRAY", Allowed([parse_peer(f"CT1@127.0.0.1:{port}"), parse_peer("MR1")]), None)


def of(ae_title, **more):
    return Pending(TRANSACTION, ae_title, "127.0.0.1", more.get("is_encrypted", False), Path("note"), 0.0)


def test_a_peer_takes_a_report(peer):
    port, heard = peer
    assert calling(port)(of("CT1"), *DATA) is Delivery.TAKEN
    assert heard == [(1, "9.8")]


def test_a_peer_that_refuses_it_has_not_taken_it(peer):
    port, _ = peer
    assert calling(port)(of("CT1"), 2, DATA[1]) is Delivery.FAILED


def test_who_is_not_there_or_has_no_port_is_not_told():
    with socket.socket() as taken, capture_logs() as logs:  # bound, and never listened at
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert calling(port)(of("CT1"), *DATA) is Delivery.FAILED
    assert (logs[0]["step"], logs[0]["calling_ae"]) == ("connect", "CT1")
    assert calling(port)(of("MR1"), *DATA) is Delivery.NO_WAY
    assert calling(port)(of("CT1", is_encrypted=True), *DATA) is Delivery.NO_WAY, "it asked by TLS"


def test_a_peer_that_takes_the_connection_and_nothing_more_is_left_in_time(monkeypatch):
    """Break it: leave the socket without a time-out. A large report then waits for ever to be sent."""
    monkeypatch.setattr(module, "_ANSWER_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        began = time.monotonic()
        assert calling(listening.getsockname()[1])(of("CT1"), *DATA) is Delivery.FAILED
    assert time.monotonic() - began < scaled(15)
