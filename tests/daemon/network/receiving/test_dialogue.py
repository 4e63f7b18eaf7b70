"""Messages are heard to their end, done and answered, each with the status that it deserves."""

import struct
from dataclasses import replace

import pytest

from daemon.network.receiving.association_reply import AcceptedContext
from daemon.network.receiving.commands import Status
from daemon.network.receiving.connection import Ended
from daemon.network.receiving.dialogue import Dialogue
from daemon.network.receiving.elements import MalformedMessage
from daemon.network.receiving.pending import Delivery
from daemon.network.receiving.terms import Peer
from daemon.network.receiving.transactions import MOST_BYTES
from tests.support.dicom_peer import (
    COMMITMENT,
    CR,
    EXPLICIT,
    IMPLICIT,
    VERIFICATION,
    command_set,
    data_set,
    elements,
    fragments,
)
from tests.support.receivers import hidden, received, terms

CONTEXTS = {
    1: AcceptedContext(CR, EXPLICIT),
    3: AcceptedContext(VERIFICATION, IMPLICIT),
    5: AcceptedContext(COMMITMENT, EXPLICIT),
}
PEER = Peer("CT1", "192.0.2.7", ("1.2.826", "PEER_1"), 16_384)
STORE = {"affected_class": CR, "field": 1, "message_id": 7, "data_set": 0, "affected_instance": "1.2.3"}
ACTION = {
    "requested_class": COMMITMENT,
    "requested_instance": "1.2.840.10008.1.20.1.1",
    "field": 0x130,
    "message_id": 8,
    "data_set": 1,
    "action_type": 1,
}


class Promises:
    """What takes commitments, here only to say that it did."""

    def __init__(self):
        self.taken = []

    def take(self, transaction, peer, report, *, is_explicit):
        self.taken.append((transaction.uid, peer.ae_title, is_explicit))
        self.report = report
        return Status.SUCCESS


class Talk:
    """A dialogue, and what was answered."""

    def __init__(self, spool, **other):
        self.sent = []
        self.terms = terms(spool, **other)
        self.dialogue = Dialogue(PEER, CONTEXTS, self.terms, self.sent.append)

    def say(self, pdus):
        at, done = 0, False
        while at < len(pdus):
            length = int.from_bytes(pdus[at + 2 : at + 6], "big")
            done = self.dialogue.take(memoryview(pdus)[at + 6 : at + 6 + length])
            at += 6 + length
        return done

    def command(self, context_id=1, **values):
        return self.say(fragments(context_id, command_set(**values), is_command=True))

    def data(self, content, context_id=1, size=1000):
        return self.say(fragments(context_id, content, is_command=False, size=size))

    def answer(self):
        (pdu,) = self.sent
        self.sent.clear()
        return elements(pdu[12:])

    def status(self):
        return int.from_bytes(self.answer()[0x00000900], "little")


@pytest.fixture
def talk(spool):
    made = Talk(spool)
    with made.terms.landing.held():
        yield made


def test_a_store_is_answered_once_its_file_is_there(spool, talk):
    assert not talk.command(**STORE)
    assert talk.sent == []
    assert not talk.dialogue.is_idle
    assert talk.data(data_set(pixels=bytes(5000)))
    answer = talk.answer()
    assert answer[0x00000900] == b"\0\0"
    assert answer[0x00000120] == b"\7\0"
    assert [file.name for file in received(spool)] == ["1.2.3.dcm"]
    assert talk.dialogue.is_idle
    assert (talk.dialogue.stored, talk.dialogue.refused) == (1, 0)


def test_command_and_data_may_share_a_pdu(spool, talk):
    def value(context_id, control, content):
        return struct.pack(">IBB", len(content) + 2, context_id, control) + content

    command = command_set(**STORE)
    body = value(1, 1, command[:20]) + value(1, 3, command[20:]) + value(1, 2, data_set())
    assert talk.dialogue.take(memoryview(body))
    assert talk.status() == 0
    assert len(received(spool)) == 1


@pytest.mark.parametrize(
    ("command", "data", "status"),
    [
        ({"affected_class": "1.2.840.10008.5.1.4.1.1.2"}, data_set(), 0x0122),
        ({"affected_instance": "../../etc/passwd"}, data_set(), 0x0117),
        ({}, data_set("1.2.4"), 0xA900),
        ({}, b"", 0xC000),
        ({}, b"GIF89a-and-so-on", 0xC000),
    ],
    ids=["class", "instance", "other", "empty", "no-data-set"],
)
def test_what_cannot_be_stored_is_refused_on_purpose(spool, talk, command, data, status):
    talk.command(**(STORE | command))
    talk.data(data)
    assert status == talk.status()
    assert received(spool) + hidden(spool) == []
    assert talk.dialogue.refused == 1
    talk.command(**STORE)
    talk.data(data_set())
    assert talk.status() == 0


def test_a_store_without_a_data_set_is_refused(talk):
    assert talk.command(**(STORE | {"data_set": 0x0101}))
    assert talk.status() == 0xC000


def test_a_store_on_a_context_of_another_class_is_refused(talk):
    talk.command(3, **STORE)
    talk.data(data_set(), 3)
    assert talk.status() == 0x0122


def test_an_object_beyond_the_limit_is_heard_to_its_end_and_refused(spool):
    talk = Talk(spool, max_object_bytes=1000)
    with talk.terms.landing.held():
        talk.command(**STORE)
        talk.data(data_set(pixels=bytes(10_000)))
        assert talk.status() == 0xA702


def test_an_echo_is_answered(talk):
    assert talk.command(3, affected_class=VERIFICATION, field=0x30, message_id=1, data_set=0x0101)
    assert talk.status() == 0


@pytest.mark.parametrize("field", [0x0020, 0x0021, 0x0010, 0x0140, 0x0777])
def test_other_operations_are_not_known(talk, field):
    talk.command(3, affected_class=VERIFICATION, field=field, message_id=1, data_set=0x0101)
    assert talk.status() == 0x0211


@pytest.mark.parametrize("field", [0x0FFF, 0x8001, 0x8030])
def test_a_cancel_and_strange_replies_are_not_answered(talk, field):
    talk.command(3, field=field, replied_id=1, data_set=0x0101)
    assert talk.sent == []


def pdv(context_id, control, content, length=None):
    return struct.pack(">IBB", len(content) + 2 if length is None else length, context_id, control) + content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0\1",
        pdv(1, 3, b"", length=1),
        pdv(1, 3, b"abc", length=50),
        pdv(9, 3, command_set(**STORE)),
        pdv(1, 2, data_set()),
        pdv(1, 3, command_set(**STORE)) + pdv(1, 3, command_set(**STORE)),
        pdv(1, 3, command_set(**STORE)) + pdv(3, 2, data_set()),
        pdv(1, 3, b"\0\0\0"),
    ],
    ids=["empty", "cut", "short", "long", "context", "no-command", "two", "other-context", "no-set"],
)
def test_what_is_out_of_turn_ends_the_association(spool, talk, body):
    with pytest.raises(MalformedMessage):
        talk.dialogue.take(memoryview(body))
    talk.dialogue.discard()
    assert received(spool) + hidden(spool) == []


def test_a_command_set_without_end_ends_the_association(talk):
    for _ in range(4):
        talk.dialogue.take(memoryview(pdv(1, 1, bytes(4000))))
    with pytest.raises(MalformedMessage):
        talk.dialogue.take(memoryview(pdv(1, 1, bytes(4000))))


def transaction():
    from tests.daemon.network.receiving.test_transactions import asked

    return asked(is_explicit=True)


@pytest.fixture
def promising(spool):
    made = Talk(spool, commitments=Promises())
    with made.terms.landing.held():
        yield made


def test_a_commitment_is_handed_on(promising):
    promising.command(5, **ACTION)
    promising.data(transaction(), 5)
    assert promising.status() == 0
    assert promising.terms.commitments.taken == [("9.8", "CT1", True)]


@pytest.mark.parametrize(
    ("command", "data", "status"),
    [
        ({"action_type": 2}, transaction(), 0x0123),
        ({"requested_instance": "1.2.3"}, transaction(), 0x0112),
        ({}, b"nothing!", 0x0115),
        ({"data_set": 0x0101}, None, 0x0115),
    ],
)
def test_a_commitment_that_asks_for_nothing_is_refused(promising, command, data, status):
    promising.command(5, **(ACTION | command))
    if data is not None:
        promising.data(data, 5)
    assert status == promising.status()
    assert promising.terms.commitments.taken == []


def test_a_commitment_is_unknown_where_none_is_answered(talk):
    talk.command(5, **ACTION)
    talk.data(transaction(), 5)
    assert talk.status() == 0x0211


def test_a_commitment_without_end_ends_the_association(promising):
    promising.command(5, **ACTION)
    for _ in range(MOST_BYTES // 100_000):
        promising.dialogue.take(memoryview(pdv(5, 0, bytes(100_000))))
    with pytest.raises(Ended):
        promising.dialogue.take(memoryview(pdv(5, 0, bytes(100_000))))


def test_a_report_waits_for_its_answer_and_gives_way_to_a_message(promising):
    promising.command(5, **ACTION)
    promising.data(transaction(), 5)
    promising.sent.clear()
    answered = command_set(field=0x8100, replied_id=1, data_set=0x0101, status=0)
    told = []

    def send(pdus):
        promising.sent.append(pdus)
        if len(promising.sent) == 1:
            promising.say(fragments(5, answered, is_command=True))

    promising.dialogue._send_pdus = send
    assert promising.terms.commitments.report(1, b"data") is Delivery.TAKEN
    command = elements(promising.sent[0][12:])
    assert command[0x00000100] == b"\0\1"
    assert command[0x00001002] == b"\1\0"
    assert promising.sent[0].endswith(b"data"), "with its command, at once: an answer may not come between"
    promising.command(**STORE)
    assert promising.terms.commitments.report(1, b"data") is Delivery.NOT_NOW
    promising.dialogue.discard()
    assert promising.terms.commitments.report(1, b"data") is Delivery.NO_WAY
    assert told == []


def test_a_peer_with_small_pdus_gets_small_pdus(spool):
    talk = Talk(spool)
    talk.dialogue = Dialogue(replace(PEER, maximum_length=134), CONTEXTS, talk.terms, talk.sent.append)
    with talk.terms.landing.held():
        talk.command(**(STORE | {"affected_instance": "../"}))
        talk.data(data_set())
    (sent,) = talk.sent
    at = 0
    while at < len(sent):
        length = int.from_bytes(sent[at + 2 : at + 6], "big")
        assert length <= 134
        at += 6 + length
