import pytest
from pydicom import dcmread
from pydicom.uid import ImplicitVRLittleEndian
from pynetdicom import AE, evt

from daemon.network.sending.association import Line
from daemon.network.sending.commitments import Reports
from daemon.network.sending.confirming import Confirming
from daemon.network.sending.dicom_peer import DicomPeer
from daemon.network.sending.failure import PeerFailed, Presence, Verdict
from daemon.settings.destinations import parse_destination
from tests.support.archives import Orthanc, StoreScp, needs_orthanc, needs_storescp
from tests.support.deadlines import scaled
from tests.support.records import scan_id
from tests.support.result_objects import CAPTURE, REPORT, made_object, uid_of


def peer_at(address, timeout_s=5):
    line = Line(parse_destination(address), "INBOXRAY", scaled(timeout_s))
    return DicomPeer(line, Confirming(Reports(), wait_s=0.1))


@pytest.fixture
def archive_that_answers():
    """A peer that answers what it is told to: DCMTK's stores everything well."""
    servers = []

    def start(answer, *classes):
        entity = AE(ae_title="PACS")
        for one in classes or (REPORT,):
            entity.add_supported_context(one)
        server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, answer)])
        servers.append(server)
        return f"dicom://PACS@127.0.0.1:{server.socket.getsockname()[1]}"

    yield start
    for server in servers:
        server.shutdown()


@needs_storescp
def test_a_batch_goes_by_one_association_byte_by_byte(network, tmp_path, fill_outbox, answers):
    with StoreScp(tmp_path / "archive", "--bit-preserving") as archive:
        _, batch = fill_outbox(archive.address, 1, 2, 3, size=100_000)
        peer_at(archive.address).send(batch, answers)

        assert {answer.verdict for answer in answers.said.values()} == {Verdict.STORED}
        assert archive.uids() == sorted(uid_of(scan_id(number)) for number in (1, 2, 3))
        received = {str(dcmread(path).SOPInstanceUID): path for path in archive.folder.iterdir()}
        sent = made_object(scan_id(2), size=100_000).content
        body = sent[144 + int.from_bytes(sent[140:144], "little") :]
        assert received[uid_of(scan_id(2))].read_bytes().endswith(body)
        assert peer_at(archive.address).ask(batch) == dict.fromkeys(batch, Presence.NOT_OFFERED)


@needs_storescp
def test_a_peer_of_implicit_vr_alone_gets_it_so(network, tmp_path, fill_outbox, answers):
    with StoreScp(tmp_path / "archive", "+xi", "--bit-preserving") as archive:
        _, batch = fill_outbox(archive.address, 1)
        peer_at(archive.address).send(batch, answers)

        (path,) = archive.folder.iterdir()
        assert dcmread(path).file_meta.TransferSyntaxUID == ImplicitVRLittleEndian
        assert dcmread(path).PatientID == "P1"
    assert answers.said[1].verdict is Verdict.STORED


@needs_storescp
@pytest.mark.parametrize("option", ["--abort-after", "--abort-during"])
def test_who_was_being_sent_when_the_peer_fell_over_is_known(network, tmp_path, fill_outbox, answers, option):
    with StoreScp(tmp_path / "archive", option) as archive:
        _, batch = fill_outbox(archive.address, 1, 2, 3)
        with pytest.raises(PeerFailed, match="ended the association"):
            peer_at(archive.address).send(batch, answers)

    assert {number: answer.verdict for number, answer in answers.said.items()} == {1: Verdict.NOT_NOW}


def test_each_object_has_its_own_answer(archive_that_answers, fill_outbox, answers):
    statuses = {uid_of(scan_id(1)): 0xC001, uid_of(scan_id(2)): 0xB000}
    address = archive_that_answers(lambda event: statuses.get(str(event.request.AffectedSOPInstanceUID), 0))
    _, batch = fill_outbox(address, 1, 2, 3)
    peer_at(address).send(batch, answers)

    assert answers.said[1].verdict is Verdict.REFUSED
    assert (answers.said[2].verdict, answers.said[2].warning) == (Verdict.STORED, 0xB000)
    assert (answers.said[3].verdict, answers.said[3].warning) == (Verdict.STORED, None)


def test_a_full_disk_of_the_peer_ends_the_batch(archive_that_answers, fill_outbox, answers):
    address = archive_that_answers(lambda _: 0xA700)
    _, batch = fill_outbox(address, 1, 2)
    with pytest.raises(PeerFailed, match=r"out of resources.*make room"):
        peer_at(address).send(batch, answers)
    assert answers.said == {}


def test_a_kind_that_the_peer_does_not_take_is_refused_and_the_others_go(
    archive_that_answers, fill_outbox, answers
):
    address = archive_that_answers(lambda _: 0, CAPTURE)
    fill_outbox(address, 1)
    _, batch = fill_outbox(address, 2, sop_class=CAPTURE, kind="sc")
    peer_at(address).send(batch, answers)

    assert (answers.said[1].verdict, answers.said[1].failure.step) == (Verdict.REFUSED, "context")
    assert answers.said[2].verdict is Verdict.STORED


def test_a_peer_that_takes_none_of_it_refuses_all(archive_that_answers, fill_outbox, answers):
    address = archive_that_answers(lambda _: 0, CAPTURE)
    _, batch = fill_outbox(address, 1, 2)
    peer_at(address).send(batch, answers)

    assert {answer.failure.step for answer in answers.said.values()} == {"context"}


def test_a_peer_that_is_silent_is_given_up_after_its_time(archive_that_answers, fill_outbox, answers):
    from threading import Event

    late = Event()
    address = archive_that_answers(lambda _: late.wait(scaled(30)) * 0)
    _, batch = fill_outbox(address, 1)
    with pytest.raises(PeerFailed, match="silent for send_timeout_s"):
        peer_at(address, timeout_s=1).send(batch, answers)
    late.set()
    assert answers.said[1].verdict is Verdict.NOT_NOW


def test_it_ends_where_it_is_told_to(archive_that_answers, fill_outbox):
    address = archive_that_answers(lambda _: 0)
    _, batch = fill_outbox(address, 1, 2, 3)
    told = []
    peer_at(address).send(batch, lambda entry, _: told.append(entry) or len(told) < 2)
    assert told == batch[:2]


def test_many_small_objects_lose_no_answer(archive_that_answers, fill_outbox, answers):
    """Break it: leave the association its own checkpoint. An answer is lost, and waited for."""
    address = archive_that_answers(lambda _: 0)
    _, batch = fill_outbox(address, *range(1, 61))
    for _ in range(3):
        peer_at(address, timeout_s=20).send(batch, answers)
    assert {answer.verdict for answer in answers.said.values()} == {Verdict.STORED}


@needs_orthanc
def test_orthanc_keeps_the_first_of_one_uid_and_has_what_it_is_asked_for(
    network, tmp_path, fill_outbox, answers
):
    with Orthanc(tmp_path / "orthanc") as archive:
        _, batch = fill_outbox(archive.address, 1, 2)
        peer = peer_at(archive.address)
        assert set(peer.ask(batch).values()) == {Presence.MISSING}
        peer.send(batch[:1], answers)
        assert answers.said[1].verdict is Verdict.STORED
        assert peer.ask(batch) == {batch[0]: Presence.THERE, batch[1]: Presence.MISSING}
        batch[0].path.write_bytes(made_object(scan_id(1), size=1000).content)
        peer.send(batch[:1], answers)
        assert answers.said[1].verdict is Verdict.STORED, "it says so"
        assert len(archive.file(uid_of(scan_id(1)))) < 2000, "and has the other one still"
