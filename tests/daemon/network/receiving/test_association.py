"""Who asks is let in or told why not; an association ends in order, whoever ends it."""

import struct
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from daemon.network.receiving import slots
from daemon.network.receiving.allowed import Allowed, parse_peer
from daemon.spool.received import read_notes
from tests.support.deadlines import scaled
from tests.support.dicom_peer import (
    CR,
    EXPLICIT,
    DicomPeer,
    associate_request,
    data_set,
    fragments,
    item,
    pdu,
)
from tests.support.receivers import hidden, received, serving, terms
from tests.support.waiting import wait_until

ACCEPT, REJECT, RELEASED, ABORT = 0x02, 0x03, 0x06, 0x07


@pytest.fixture
def port(spool):
    with serving(terms(spool)) as port:
        yield port


def test_a_peer_is_served_from_request_to_release(spool, port):
    with DicomPeer(port) as peer:
        assert peer.associate() == ACCEPT
        assert peer.echo() == 0
        assert [peer.store("1.2.3"), peer.store("1.2.4")] == [0, 0]
        assert peer.release() == RELEASED
        assert peer.read() == (None, b"")
    assert [file.name for file in received(spool)] == ["1.2.3.dcm", "1.2.4.dcm"]


def test_what_came_together_is_noted_and_when_it_ended(spool, port):
    """Break it: end no note. A study waits for the longest time."""
    folder = terms(spool).landing.associations
    with DicomPeer(port) as peer:
        peer.associate()
        peer.store("1.2.3")
        peer.store("1.2.4")
        (going_on,) = read_notes(folder, {})
        assert (going_on.sop_instance_uids, going_on.is_open) == (("1.2.3", "1.2.4"), True)
        peer.release()
    wait_until(lambda: not next(iter(read_notes(folder, {}))).is_open, what="the note of the end")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"called": "OTHER"}, (1, 1, 7)),
        ({"calling": ""}, (1, 1, 3)),
        ({"calling": "A\\B"}, (1, 1, 3)),
    ],
)
def test_who_is_not_meant_is_told_so(port, asked, reason):
    with DicomPeer(port) as peer:
        assert peer.associate(**asked) == REJECT
        assert reason == tuple(peer.answer[1][1:])
        assert peer.read() == (None, b"")


def test_who_is_not_on_the_list_is_told_so(spool):
    with serving(
        terms(spool, allowed=Allowed([parse_peer("CT1@127.0.0.1"), parse_peer("MR1@192.0.2.7")]))
    ) as port:
        for calling, kind in (("CT1", ACCEPT), ("MR1", REJECT), ("TESTER", REJECT)):
            with DicomPeer(port) as peer:
                assert kind == peer.associate(calling=calling)


def test_another_version_or_application_is_refused(port):
    request = associate_request()
    with DicomPeer(port) as peer:
        peer.send(request[:6] + b"\0\2" + request[8:])
        assert peer.read() == (REJECT, b"\0\1\2\2")
    with DicomPeer(port) as peer:
        peer.send(request.replace(b"1.2.840.10008.3.1.1.1", b"1.2.840.10008.3.1.1.9"))
        assert peer.read() == (REJECT, b"\0\1\1\2")


def test_one_too_many_is_told_to_come_back(spool, monkeypatch):
    monkeypatch.setattr(slots, "GRACE_S", scaled(60))  # the first is not slow, however long this test waits
    with serving(terms(spool, associations=1)) as port, DicomPeer(port) as first, DicomPeer(port) as second:
        assert first.associate() == ACCEPT
        assert second.associate() == REJECT
        assert tuple(second.answer[1][1:]) == (2, 3, 2)
        assert first.store() == 0
        assert first.release() == RELEASED
        wait_until(lambda: _accepted(port), what="a place to be free")


def _accepted(port):
    with DicomPeer(port) as peer:
        return peer.associate() == ACCEPT


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", (2, 1)),
        (pdu(0x04, bytes(10)), (2, 6)),
        (pdu(0x01, bytes(10)), (2, 6)),
        (b"\4\0\xff\xff\xff\xff", (2, 6)),
    ],
)
def test_what_is_no_dicom_is_aborted(port, sent, reason):
    with DicomPeer(port) as peer:
        peer.send(sent)
        kind, body = peer.read()
        assert (ABORT, reason) == (kind, tuple(body[2:]))


@pytest.mark.parametrize("sent", [pdu(2, bytes(80)), associate_request(), pdu(6, bytes(4)), pdu(4, b"")])
def test_what_is_out_of_turn_is_aborted(port, sent):
    with DicomPeer(port) as peer:
        peer.associate()
        peer.send(sent)
        assert peer.read()[0] == ABORT


@pytest.mark.parametrize("end", ["abort", "hangs up", "release"])
def test_half_an_object_is_never_there(spool, port, end):
    with DicomPeer(port) as peer:
        peer.associate()
        peer.begin_store()
        sent = fragments(1, data_set(pixels=bytes(100_000)), is_command=False)
        peer.send(sent[: 3 * 16_012])  # three whole PDUs
        wait_until(lambda: hidden(spool), what="the object to begin")
        if end != "hangs up":
            peer.send(pdu(0x07 if end == "abort" else 0x05, bytes(4)))
            assert peer.read()[0] in (None, RELEASED, ABORT)
    wait_until(lambda: not hidden(spool), what="the half object to go")
    assert received(spool) == []


def test_a_silent_peer_is_aborted(spool):
    with serving(terms(spool, silence_s=0.1)) as port, DicomPeer(port) as peer:
        peer.associate()
        assert peer.read()[0] == ABORT


def test_an_association_lasts_no_longer_than_it_may(spool):
    with serving(terms(spool, longest_s=0.2)) as port, DicomPeer(port) as peer:
        peer.associate()
        assert peer.read()[0] == ABORT


def test_an_association_brings_no_more_than_it_may(spool):
    with serving(terms(spool, max_bytes=100_000)) as port, DicomPeer(port) as peer:
        peer.associate()
        peer.begin_store()
        with suppress(OSError):  # it may have hung up before all was sent
            peer.send(fragments(1, data_set(pixels=bytes(200_000)), is_command=False))
        assert peer.read()[0] == ABORT
        wait_until(lambda: not hidden(spool), what="the object to go")
        assert received(spool) == []


def test_who_offers_nothing_that_we_take_may_still_release(port):
    with DicomPeer(port) as peer:
        assert peer.associate(contexts=((1, "1.2.840.10008.5.1.4.1.1.88.33", (EXPLICIT,)),)) == ACCEPT
        assert peer.release() == RELEASED


def test_all_128_contexts_are_answered(port):
    contexts = [(2 * number + 1, CR, (EXPLICIT,)) for number in range(128)]
    with DicomPeer(port) as peer:
        assert peer.associate(contexts=contexts) == ACCEPT
        assert peer.store(context_id=255) == 0


def test_a_request_that_is_full_of_roles_is_answered(port):
    """Break it: answer each of them. What is longer than an item ends the thread, and nobody is told."""
    role = item(0x54, struct.pack(">H", len(CR)) + CR.encode() + b"\1\0")
    asked = associate_request()
    more = item(0x50, role * 1800) * 2  # of 131,072 bytes that a request may have
    with DicomPeer(port) as peer:
        peer.send(pdu(0x01, asked[6:] + more))
        assert peer.read()[0] == ACCEPT
        assert peer.store() == 0


def test_who_speaks_something_else_is_told_where_it_may_be_meant(port):
    with capture_logs() as logs:
        kinds = (b"\x16\x03\x01\x02\x00\x01" + bytes(600), b"GET / HTTP/1.1\r\n\r\n", pdu(1, bytes(9)))
        for number, first in enumerate(kinds, start=1):
            with DicomPeer(port) as peer:
                peer.send(first)
                assert peer.read()[0] == ABORT
            wait_until(lambda number=number: len(logs) == number, what="it to be told")  # each has its thread
    assert ["receive_tls_listen" in line["remedy"] for line in logs] == [True, False, False]
    assert "is cut" in logs[2]["error"]
    assert {line["address"] for line in logs} == {"127.0.0.1"}
