"""A peer reports on our association: it is answered, however soon the association is released."""

import threading

import pytest
from pydicom import Dataset
from pynetdicom import AE, build_context, evt

from daemon.network.sending.association import Line, associated
from daemon.network.sending.commitments import PUSH_MODEL
from daemon.network.sending.event_reports import EventReports
from daemon.settings.destinations import parse_destination
from tests.support.deadlines import scaled
from tests.support.waiting import wait_until

INSTANCE = "1.2.840.10008.1.20.1.1"
REQUEST = 1
CONTEXTS = [build_context(PUSH_MODEL)]


class Peer:
    """Reports once it was asked for something; `answered` has the statuses that came back."""

    def __init__(self):
        self.answered, self.reporting = [], []
        entity = AE(ae_title="PACS")
        entity.add_supported_context(PUSH_MODEL)
        self._server = entity.start_server(
            ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_N_ACTION, self._take)]
        )
        place = f"dicom://PACS@127.0.0.1:{self._server.socket.getsockname()[1]}"
        self.line = Line(parse_destination(place), "INBOXRAY", scaled(5))

    def _take(self, event):
        self.reporting.append(threading.Thread(target=self._report, args=[event.assoc]))
        return 0, None

    def report(self):
        """Report on the association of each request that came."""
        for thread in self.reporting:
            thread.start()

    def _report(self, association):
        told = Dataset()
        told.TransactionUID = "1.2.3"
        status, _ = association.send_n_event_report(told, 1, PUSH_MODEL, INSTANCE)
        self.answered.append(status.get("Status"))

    def close(self):
        for thread in self.reporting:
            thread.join()
        self._server.shutdown()


@pytest.fixture
def peer():
    peer = Peer()
    yield peer
    peer.close()


def ask(association):
    request = Dataset()
    request.TransactionUID = "1.2.3"
    assert association.send_n_action(request, REQUEST, PUSH_MODEL, INSTANCE)[0].Status == 0


def test_a_report_is_answered_before_the_association_is_released(peer):
    """Break it: release as soon as the handler has run. The answer comes behind the release, and raises."""
    known = threading.Event()

    def slow(event):  # stands for a thread that waits for its turn between its handler and its answer
        if type(event.message).__name__ == "N_EVENT_REPORT_RSP":
            threading.Event().wait(0.3)

    def take(_):
        known.set()
        return 0, None

    with associated(peer.line, CONTEXTS, take) as association:
        association.bind(evt.EVT_DIMSE_SENT, slow)
        ask(association)
        peer.report()
        assert known.wait(scaled(10))
    assert association.is_released
    wait_until(lambda: peer.answered, what="the peer's answer")
    assert peer.answered == [0]
    assert not association.dul.is_alive()


class Releasing:
    """An association in whose release something happens."""

    def __init__(self, meanwhile=lambda: None):
        self.release = meanwhile


def test_a_report_that_comes_while_we_release_is_not_taken_and_breaks_nothing():
    """Break it: let the handler return. What it answers comes behind the release."""
    taken, ends = [], []
    reports = EventReports(taken.append, timeout_s=scaled(20))
    late = threading.Thread(target=lambda: ends.append(reports.take("report")))

    def meanwhile():
        late.start()
        late.join(0.2)
        ends.append("released")

    reports.release(Releasing(meanwhile))
    late.join()
    assert (ends, taken) == (["released", (0, None)], [])


def test_a_report_that_is_never_answered_holds_a_release_no_longer_than_an_answer_may_take():
    reports, released = EventReports(lambda _: (0, None), timeout_s=0.1), []
    reports.take("report")
    reports.release(Releasing(lambda: released.append(True)))
    assert released == [True]


def test_what_nobody_waits_for_is_answered_as_unknown(peer):
    with associated(peer.line, CONTEXTS) as association:
        ask(association)
        peer.report()
        wait_until(lambda: peer.answered, what="the peer's answer")
    assert peer.answered == [0x0113]
