"""From settings to a receiver; storage commitment is answered from the rows of the ledger."""

import http.client
import queue
import signal
from io import BytesIO

import pytest
from pydicom.filereader import read_dataset

from daemon.errors import ConfigurationError
from daemon.network.receiving.receive import _ledger, receive
from daemon.pipeline.identifiers import open_identifiers
from daemon.settings.fields import Settings
from tests.daemon.network.receiving.test_transactions import asked
from tests.support.deadlines import scaled
from tests.support.dicom_peer import COMMITMENT, DicomPeer, command_set, data_set, fragments, pdu
from tests.support.ports import free_port
from tests.support.receivers import RunningReceiver, hidden, received
from tests.support.records import MODEL, RUN, classified
from tests.support.waiting import wait_until

ACTION = {
    "requested_class": COMMITMENT,
    "requested_instance": "1.2.840.10008.1.20.1.1",
    "field": 0x130,
    "message_id": 8,
    "data_set": 1,
    "action_type": 1,
}


@pytest.mark.parametrize("text", ["11112", "127.0.0.1", "::1:104", "127.0.0.1:70000", "a:b", ":104"])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(ValueError, match="ADDRESS:PORT"):
        Settings(receive_listen=text)


def test_a_malformed_list_ends_the_start(spool):
    with pytest.raises(ConfigurationError, match="receive_from"):
        receive(Settings(spool=spool.root, receive_listen="127.0.0.1:0", receive_from=("@",)), None, print)


@pytest.mark.parametrize("mode", ["keep", "hash", "drop"])
def test_the_ledger_knows_instances_by_what_rows_hold(ledger, spool, tmp_path, mode):
    key = tmp_path / "key"
    key.write_bytes(b"0123456789abcdef")
    key.chmod(0o600)
    rule = open_identifiers(mode, key)
    ledger.register_model(MODEL)
    ledger.record([classified(1, sop_instance_uid=rule.value("1.2.3"))], ledger.begin_run(RUN))

    settings = Settings(spool=spool.root, identifiers=mode, identifiers_key_file=key)
    held = _ledger(settings, ledger._engine)(["1.2.3", "1.2.4"])

    assert held == (frozenset() if mode == "drop" else {"1.2.3"})


def test_a_commitment_is_answered_from_the_rows_of_the_ledger(ledger, spool):
    """A real receiver; a row that stands, and one that comes while it waits."""
    ledger.register_model(MODEL)
    run = ledger.begin_run(RUN)
    ledger.record([classified(1, sop_instance_uid="1.2.3")], run)
    asked_for = (("1.2", "1.2.3"), ("1.2", "1.2.4"))
    with (
        RunningReceiver(spool.root, receive_commitment=True, receive_commitment_s=scaled(60)) as receiver,
        DicomPeer(receiver.port) as peer,
    ):
        peer.associate()
        peer.send(fragments(5, command_set(**ACTION), is_command=True))
        peer.send(fragments(5, asked(asked_for, is_explicit=True), is_command=False))
        assert peer.status() == 0
        ledger.record([classified(2, sop_instance_uid="1.2.4")], run)
        command, data = peer.message()
        answer = command_set(field=0x8100, replied_id=1, data_set=0x0101, status=0)
        peer.send(fragments(5, answer, is_command=True))
        assert command[0x00001002] == b"\1\0"  # all are held
        said = read_dataset(BytesIO(data), is_implicit_VR=False, is_little_endian=True)
        assert peer.store() == 0
        assert peer.release() == 0x06
        wait_until(lambda: "commitment_reported" in receiver.log.read_text(), what="the end of it")
        assert receiver.stop() == 0
    assert [one.ReferencedSOPInstanceUID for one in said.ReferencedSOPSequence] == ["1.2.3", "1.2.4"]
    assert "FailedSOPSequence" not in said
    assert not list((spool.inbox / ".receiving" / "commitments").iterdir())


def test_who_has_left_is_told_on_an_association_of_ours_what_is_there_and_what_is_not(ledger, spool):
    """A real receiver, and a real peer that takes reports at the port of `receive_from`."""
    pynetdicom = pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")
    heard = queue.SimpleQueue()

    def report(event):
        heard.put((event.event_type, event.event_information))
        return 0, None

    entity = pynetdicom.AE("CT1")
    entity.add_supported_context(COMMITMENT, scu_role=False, scp_role=True)
    modality = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(pynetdicom.evt.EVT_N_EVENT_REPORT, report)]
    )
    ledger.register_model(MODEL)
    ledger.record([classified(1, sop_instance_uid="1.2.3")], ledger.begin_run(RUN))
    place = f"CT1@127.0.0.1:{modality.server_address[1]}"
    settings = {"receive_from": place, "receive_commitment": True, "receive_commitment_s": 1}
    try:
        with RunningReceiver(spool.root, **settings) as receiver:
            with DicomPeer(receiver.port) as peer:
                peer.associate(calling="CT1")
                peer.send(fragments(5, command_set(**ACTION), is_command=True))
                two = (("1.2", "1.2.3"), ("1.2", "1.2.4"))
                peer.send(fragments(5, asked(two, is_explicit=True), is_command=False))
                assert peer.status() == 0
                peer.send(pdu(0x05, bytes(4)))
                while (answer := peer.read()[0]) == 0x04:
                    pass  # a report that was on its way already: who leaves takes none there
                assert answer == 0x06
            kind, said = heard.get(timeout=scaled(30))
            wait_until(lambda: "commitment_reported" in receiver.log.read_text(), what="the end of it")
    finally:
        modality.shutdown()
    assert (kind, said.TransactionUID) == (2, "9.8")
    assert [one.ReferencedSOPInstanceUID for one in said.ReferencedSOPSequence] == ["1.2.3"]
    (failed,) = said.FailedSOPSequence
    assert (failed.ReferencedSOPInstanceUID, failed.FailureReason) == ("1.2.4", 0x0112)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_when_asked(spool, number):
    with RunningReceiver(spool.root) as receiver, DicomPeer(receiver.port) as peer:
        peer.associate()
        assert peer.store() == 0
        assert receiver.stop(number) == 0
        assert peer.read()[0] == 0x07
        names = [event["event"] for event in receiver.events()]
    assert names == ["receiver_started", "receiver_stopping", "association_ended", "receiver_stopped"]


def test_what_a_killed_receiver_left_goes_at_the_next_start(spool):
    with RunningReceiver(spool.root) as receiver:
        with DicomPeer(receiver.port) as peer:
            peer.associate()
            peer.begin_store()
            peer.send(fragments(1, data_set(pixels=bytes(100_000)), is_command=False)[:50_000])
            wait_until(lambda: hidden(spool), what="the object to begin")
            receiver.stop(signal.SIGKILL)
        assert len(hidden(spool)) == 1
        receiver.start()
        assert receiver.events()[0]["leftovers"] == 1
        assert hidden(spool) == received(spool) == []


def test_what_is_measured_is_served(spool):
    port = free_port()
    with (
        RunningReceiver(spool.root, receive_metrics_listen=f"127.0.0.1:{port}") as receiver,
        DicomPeer(receiver.port) as peer,
    ):
        peer.associate()
        assert peer.store() == 0
        assert peer.store("1.2.4", data_set("1.2.5")) == 0xA900
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=scaled(10))
        asked.request("GET", "/metrics")
        text = asked.getresponse().read().decode()
        asked.close()
    assert "inboxray_receive_objects_total 1.0" in text
    assert 'inboxray_receive_refusals_total{status="A900"} 1.0' in text
    assert "inboxray_receive_associations_open 1.0" in text


def test_no_port_at_all_is_a_fault_of_the_settings(spool):
    with pytest.raises(ConfigurationError, match="receive_tls_listen"):
        receive(Settings(spool=spool.root, receive_listen="off"), None, print)
