"""A report reaches a real peer on an association of ours, and it is said if it does not."""

import socket

import pytest

pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")

from pynetdicom import AE, evt  # is there

from daemon.network.receiving.allowed import Allowed, parse_peer
from daemon.network.receiving.call_back import CallBack
from daemon.network.receiving.transactions import Transaction, write_report
from tests.support.dicom_peer import COMMITMENT

DATA = write_report(Transaction("9.8", (("1.2", "1.2.3"),)), {"1.2.3"}, is_explicit=False)


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
    return CallBack("INBOXRAY", Allowed([parse_peer(f"CT1@127.0.0.1:{port}"), parse_peer("MR1")]))


def test_a_peer_takes_a_report(peer):
    port, heard = peer
    assert calling(port)("CT1", "127.0.0.1", *DATA)
    assert heard == [(1, "9.8")]


def test_a_peer_that_refuses_it_has_not_taken_it(peer):
    port, _ = peer
    assert not calling(port)("CT1", "127.0.0.1", 2, DATA[1])


# pynetdicom leaves the socket of a connection that was refused to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_who_is_not_there_or_has_no_port_is_not_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert not calling(port)("CT1", "127.0.0.1", *DATA)
    assert not calling(port)("MR1", "127.0.0.1", *DATA)
