import threading
import time
from contextlib import contextmanager

import pytest
from pydicom import Dataset
from pynetdicom import AE, evt

from daemon.network.sending import confirming as module
from daemon.network.sending.association import Line
from daemon.network.sending.commitments import PUSH_MODEL, CommitmentReport, Reports, listening
from daemon.network.sending.confirming import Confirming
from daemon.network.sending.dicom_peer import DicomPeer
from daemon.network.sending.failure import PeerFailed, Presence
from daemon.settings.destinations import parse_destination
from tests.support.archives import Orthanc, needs_orthanc
from tests.support.deadlines import scaled
from tests.support.records import scan_id
from tests.support.result_objects import uid_of
from tests.support.waiting import wait_until

FIND = "1.2.840.10008.5.1.4.1.2.2.1"


@pytest.fixture
def archive():
    """An archive that commits itself on the same association, which none of the packages here does."""
    servers = []

    def start(*classes, **handlers):
        entity = AE(ae_title="PACS")
        entity.network_timeout = None  # else it is the first to end a wait that is too long
        for one in classes:
            entity.add_supported_context(one)
        bound = [(getattr(evt, name), handler) for name, handler in handlers.items()]
        server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=bound)
        servers.append(server)
        return f"dicom://PACS@127.0.0.1:{server.socket.getsockname()[1]}"

    yield start
    for server in servers:
        server.shutdown()


def ask(address, batch, wait_s=5.0, timeout_s=5):
    line = Line(parse_destination(address), "INBOXRAY", scaled(timeout_s))
    return [*Confirming(Reports(), wait_s=scaled(wait_s)).ask(line, batch).values()]


def commits_itself(*uids):
    """Give what takes a request and reports on the same association, of these objects alone."""

    def take(event):
        asked = event.action_information
        told = Dataset()
        told.TransactionUID = asked.TransactionUID
        told.ReferencedSOPSequence = [
            item for item in asked.ReferencedSOPSequence if item.ReferencedSOPInstanceUID in uids
        ]
        report = (told, 2, PUSH_MODEL, "1.2.840.10008.1.20.1.1")
        threading.Timer(0.1, event.assoc.send_n_event_report, report).start()
        return 0, None

    return take


def test_an_archive_commits_itself_on_our_association(archive, fill_outbox):
    address = archive(PUSH_MODEL, EVT_N_ACTION=commits_itself(uid_of(scan_id(1))))
    _, batch = fill_outbox(address, 1, 2)

    assert ask(address, batch) == [Presence.THERE, Presence.MISSING]


def test_without_a_report_in_time_it_is_not_known(archive, fill_outbox):
    address = archive(PUSH_MODEL, EVT_N_ACTION=lambda _: (0, None))
    _, batch = fill_outbox(address, 1)

    assert ask(address, batch, wait_s=0.1) == [Presence.UNKNOWN]


def test_without_a_report_it_is_asked_by_a_query_of_all_keys(archive, fill_outbox):
    queries = []

    def find(event):
        queries.append(event.identifier)
        if event.identifier.SOPInstanceUID == uid_of(scan_id(1)):
            yield 0xFF00, event.identifier
        yield 0, None

    address = archive(PUSH_MODEL, FIND, EVT_N_ACTION=lambda _: (0x0110, None), EVT_C_FIND=find)
    _, batch = fill_outbox(address, 1, 2)
    assert ask(address, batch) == [Presence.THERE, Presence.MISSING]
    assert {query.SeriesInstanceUID for query in queries} == {
        uid_of(scan_id(number), "series") for number in (1, 2)
    }


def test_a_query_that_is_refused_is_a_failure_of_that_step(archive, fill_outbox):
    def find(_):
        yield 0xC000, None

    address = archive(FIND, EVT_C_FIND=find)
    _, batch = fill_outbox(address, 1)
    with pytest.raises(PeerFailed, match="0xC000") as failed:
        ask(address, batch)
    assert failed.value.failure.step == "confirm"


def test_what_failed_for_another_reason_than_its_absence_is_not_sent_again(archive, fill_outbox):
    """Break it: take each failure for an absence. An archive short of room then gets everything again."""

    def take(event):
        told = Dataset()
        told.TransactionUID = event.action_information.TransactionUID
        told.FailedSOPSequence = event.action_information.ReferencedSOPSequence
        for item, reason in zip(told.FailedSOPSequence, (0x0112, 0x0213), strict=True):
            item.FailureReason = reason
        report = (told, 2, PUSH_MODEL, "1.2.840.10008.1.20.1.1")
        threading.Timer(0.1, event.assoc.send_n_event_report, report).start()
        return 0, None

    address = archive(PUSH_MODEL, EVT_N_ACTION=take)
    _, batch = fill_outbox(address, 1, 2)
    assert ask(address, batch) == [Presence.MISSING, Presence.UNKNOWN]


def test_a_report_that_came_late_is_enough(archive, fill_outbox):
    address = archive(FIND, EVT_C_FIND=lambda _: iter([(0, None)]))
    _, batch = fill_outbox(address, 1, 2)
    reports = Reports()
    reports.expect("9.8")
    reports.wait_for("9.8", 0, lambda: True)
    reports.add("9.8", CommitmentReport(frozenset({uid_of(scan_id(1))})))
    line = Line(parse_destination(address), "INBOXRAY", scaled(5))
    found = Confirming(reports, wait_s=1).ask(line, batch)
    assert [found[entry] for entry in batch] == [Presence.THERE, Presence.MISSING]


@pytest.mark.parametrize("offered", [PUSH_MODEL, FIND])
def test_a_peer_that_ends_the_association_before_it_is_asked_has_failed(
    archive, fill_outbox, monkeypatch, offered
):
    """Break it: let pynetdicom's RuntimeError through. It ends the process, and with it all destinations."""
    real, opened = module.associated, []

    @contextmanager
    def that_ends(*arguments):
        with real(*arguments) as association:
            wait_until(lambda: opened, what="the peer to know of it")
            opened[0].abort()
            wait_until(lambda: not association.is_established, what="the peer's abort")
            yield association

    monkeypatch.setattr(module, "associated", that_ends)
    address = archive(offered, EVT_ESTABLISHED=lambda event: opened.append(event.assoc))
    _, batch = fill_outbox(address, 1)
    with pytest.raises(PeerFailed, match="ended while"):
        ask(address, batch)


def test_what_is_new_does_not_wait_for_a_report(archive, fill_outbox, monkeypatch):
    """Break it: wait to the end. Each result then waits for seconds behind the one before."""
    address = archive(PUSH_MODEL, EVT_N_ACTION=lambda _: (0, None))
    _, batch = fill_outbox(address, 1, 2)
    real = Reports.wait_for

    def once_it_waits(reports, transaction, timeout_s, may_come):
        assert may_come()
        fill_outbox(address, 3)
        return real(reports, transaction, timeout_s, may_come)

    monkeypatch.setattr(Reports, "wait_for", once_it_waits)
    began = time.monotonic()
    assert ask(address, batch, wait_s=30, timeout_s=60) == [Presence.UNKNOWN] * 2
    assert time.monotonic() - began < scaled(15)


def test_nor_does_what_came_while_the_archive_was_asked(archive, fill_outbox):
    """Break it: look what waits once it was asked. What came before then waits for no report of its own."""

    def take(_):
        fill_outbox(address, 3)
        return 0, None

    address = archive(PUSH_MODEL, EVT_N_ACTION=take)
    _, batch = fill_outbox(address, 1, 2)
    began = time.monotonic()
    assert ask(address, batch, wait_s=30, timeout_s=60) == [Presence.UNKNOWN] * 2
    assert time.monotonic() - began < scaled(15)


def test_a_query_without_an_end_has_one(archive, fill_outbox, monkeypatch):
    monkeypatch.setattr(module, "_MOST_FOUND", 3)

    def find(event):
        while not event.is_cancelled:
            yield 0xFF00, event.identifier

    address = archive(FIND, EVT_C_FIND=find)
    _, batch = fill_outbox(address, 1)
    with pytest.raises(PeerFailed):
        ask(address, batch)


@needs_orthanc
def test_orthanc_commits_itself_where_we_listen(network, tmp_path, fill_outbox, answers):
    reports = Reports()
    with (
        Orthanc(tmp_path / "orthanc") as archive,
        listening("127.0.0.1:11113", "INBOXRAY", ["ORTHANC"], reports),
    ):
        _, batch = fill_outbox(archive.address, 1, 2)
        line = Line(parse_destination(archive.address), "INBOXRAY", scaled(10))
        confirming = Confirming(reports, wait_s=scaled(20))
        DicomPeer(line, confirming).send(batch[:1], answers)
        asked = confirming._committed
        found = {}

        def note(*arguments):
            found.update(asked(*arguments))
            return found

        confirming._committed = note
        assert list(confirming.ask(line, batch).values()) == [Presence.THERE, Presence.MISSING]
        assert len(found) == 2, "no query was needed"
