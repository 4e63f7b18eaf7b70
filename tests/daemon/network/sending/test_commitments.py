import threading

import pytest
from pydicom import Dataset
from pynetdicom import AE, build_role

from daemon.errors import CannotCreateError
from daemon.network.sending.commitments import PUSH_MODEL, CommitmentReport, Reports, listening, take_report
from tests.support.deadlines import scaled
from tests.support.ports import free_port


class Event:
    def __init__(self, **values):
        self.event_information = Dataset()
        for keyword, value in values.items():
            setattr(self.event_information, keyword, value)


def referenced(*uids):
    items = []
    for uid in uids:
        item = Dataset()
        item.ReferencedSOPInstanceUID = uid
        items.append(item)
    return items


def test_a_report_wakes_who_waits_for_it():
    reports = Reports()
    reports.expect("1.2")
    event = Event(TransactionUID="1.2", ReferencedSOPSequence=referenced("1.3", "1.4"))
    threading.Timer(0.05, take_report, (event, reports)).start()

    assert reports.wait_for("1.2", scaled(20), lambda: True).committed == {"1.3", "1.4"}
    assert reports.wait_for("1.2", 0.01, lambda: True) is None
    assert reports.wait_for("1.5", scaled(20), lambda: False) is None


def test_what_is_no_report_is_answered_so():
    assert take_report(object(), Reports())[0] == 0x0110
    assert take_report(Event(), Reports())[0] == 0x0110


def test_reports_that_nobody_waits_for_do_not_pile_up():
    reports = Reports()
    for number in range(1500):
        reports.expect(str(number))
        reports.add(str(number), CommitmentReport())
    assert len(reports._reported) == 1000
    assert reports.wait_for("1499", 0.01, lambda: True) == CommitmentReport()
    reports.add("strange", CommitmentReport(frozenset({"1.3"})))
    assert reports.wait_for("strange", 0.01, lambda: True) is None, "nobody asked"


def test_a_report_that_comes_late_is_known_when_its_objects_are_asked_for_again():
    """Break it: forget who is not waited for any more. An archive that takes an hour then never confirms."""
    reports = Reports()
    reports.expect("1.2")
    assert reports.wait_for("1.2", 0.01, lambda: True) is None
    take_report(Event(TransactionUID="1.2", ReferencedSOPSequence=referenced("1.3", "1.4")), reports)
    assert reports.take_late(["1.3", "1.5"]) == {"1.3"}
    assert reports.take_late(["1.3", "1.4"]) == {"1.4"}, "it may have been lost since it was told"


def test_what_failed_is_told_with_its_reason():
    reports = Reports()
    reports.expect("1.2")
    failed = referenced("1.4", "1.5")
    failed[0].FailureReason = 0x0110
    event = Event(TransactionUID="1.2", ReferencedSOPSequence=referenced("1.3"), FailedSOPSequence=failed)
    assert take_report(event, reports) == (0, None)
    report = reports.wait_for("1.2", 0.01, lambda: True)
    assert (report.committed, report.failed) == ({"1.3"}, {"1.4": 0x0110, "1.5": 0})


def report_to(port, calling):
    """Report as an archive does, on an association of its own; give whether it was taken."""
    archive = AE(ae_title=calling)
    archive.add_requested_context(PUSH_MODEL)
    role = build_role(PUSH_MODEL, scp_role=True)
    association = archive.associate("127.0.0.1", port, ae_title="INBOXRAY", ext_neg=[role])
    if not association.is_established:
        return False
    told = Event(TransactionUID="1.2", ReferencedSOPSequence=referenced("1.3")).event_information
    status, _ = association.send_n_event_report(told, 1, PUSH_MODEL, "1.2.840.10008.1.20.1.1")
    association.release()
    return status.Status == 0


def test_archives_that_we_send_to_may_call_back_and_no_other():
    reports, port = Reports(), free_port()
    reports.expect("1.2")
    with listening(f"127.0.0.1:{port}", "INBOXRAY", ["PACS"], reports):
        assert not report_to(port, "STRANGER")
        assert report_to(port, "PACS")
        with (
            pytest.raises(CannotCreateError, match="commitment_listen"),
            listening(f"127.0.0.1:{port}", "INBOXRAY", ["PACS"], reports),
        ):
            pass
    assert reports.wait_for("1.2", 0.01, lambda: True).committed == {"1.3"}


def test_off_listens_nowhere():
    with listening(None, "INBOXRAY", [], Reports()):
        pass
