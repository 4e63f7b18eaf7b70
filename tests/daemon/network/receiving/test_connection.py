"""PDUs are read whole, within lengths and times; nothing that a peer says takes memory beforehand."""

import socket
import struct
import threading
import tracemalloc

import pytest

from daemon.network.receiving.association_reply import LONGEST_PDU, Abort
from daemon.network.receiving.channel import Plain
from daemon.network.receiving.connection import Connection, Ended, UnrecognizedPdu
from daemon.network.receiving.elements import MalformedMessage
from tests.support.dicom_peer import pdu


@pytest.fixture
def ends():
    listening = socket.create_server(("127.0.0.1", 0))
    theirs = socket.create_connection(listening.getsockname())
    ours, _ = listening.accept()
    yield ours, theirs
    for one in (ours, theirs, listening):
        one.close()


def test_pdus_are_read_one_by_one_however_they_come(ends):
    ours, theirs = ends
    connection = Connection(Plain(ours), 10)
    connection.negotiated(10, 10)
    bodies = [b"a" * size for size in (1, 100_000, 6, 131_072, 70_000, 2)] * 2
    sender = threading.Thread(target=lambda: [theirs.sendall(pdu(4, body)) for body in bodies])
    sender.start()
    assert bodies == [bytes(connection.read_pdu()[1]) for _ in bodies]
    sender.join()
    assert sum(len(body) + 6 for body in bodies) == connection.received


@pytest.mark.parametrize(
    ("kind", "length"),
    [(4, LONGEST_PDU + 1), (4, 0xFFFFFFFF), (1, 1 << 20), (5, 5), (7, 1 << 16), (2, 1 << 30)],
)
def test_a_pdu_that_says_to_be_too_long_is_refused_before_it_takes_memory(ends, kind, length):
    ours, theirs = ends
    connection = Connection(Plain(ours), 10)
    theirs.sendall(struct.pack(">BxI", kind, length))
    tracemalloc.start()
    try:
        with pytest.raises(MalformedMessage):
            connection.read_pdu()
        assert tracemalloc.get_traced_memory()[1] < 1 << 17
    finally:
        tracemalloc.stop()


def test_an_unknown_type_is_refused(ends):
    ours, theirs = ends
    theirs.sendall(b"GET / HTTP/1.1\r\n")
    with pytest.raises(UnrecognizedPdu):
        Connection(Plain(ours), 10).read_pdu()


def test_silence_ends_it(ends):
    with pytest.raises(Ended) as end:
        Connection(Plain(ends[0]), 0.05).read_pdu()
    assert end.value.reason == "silence"


def test_a_pdu_that_trickles_ends_it_though_bytes_come(ends):
    """Break it: let each byte begin the wait anew. A byte a minute then holds a place for ever."""
    ours, theirs = ends
    now = [0.0]

    def clock():
        """Let half a second pass at each look, and a byte come."""
        now[0] += 0.5
        theirs.sendall(b"x")
        return now[0]

    theirs.sendall(pdu(4, bytes(1000))[:6])
    connection = Connection(Plain(ours), 5.0, clock)
    with pytest.raises(Ended) as end:
        connection.read_pdu()
    assert end.value.reason == "silence"
    assert 6 < connection.received < 100


def test_its_time_ends_however_much_comes(ends):
    ours, theirs = ends
    now = [0.0]
    connection = Connection(Plain(ours), 5.0, lambda: now[0])
    connection.negotiated(5.0, 20.0)
    for _ in range(4):
        theirs.sendall(pdu(4, b"x"))
        connection.read_pdu()
        now[0] += 4.9
    now[0] = 20.1
    with pytest.raises(Ended) as end:
        connection.read_pdu()
    assert end.value.reason == "time"


def test_who_hangs_up_ends_it(ends):
    ours, theirs = ends
    theirs.sendall(pdu(4, b"abc")[:-1])
    theirs.close()
    with pytest.raises(Ended) as end:
        Connection(Plain(ours), 10).read_pdu()
    assert end.value.reason == "hung_up"


def test_another_thread_cuts_it_with_its_last_words(ends):
    ours, theirs = ends
    connection = Connection(Plain(ours), 60)
    ended = []

    def read():
        try:
            connection.read_pdu()
        except Ended as end:
            ended.append(end.reason)

    reader = threading.Thread(target=read)
    reader.start()
    connection.cut(Abort.BY_USER.pdu)
    reader.join(10)
    assert ended == ["hung_up"]
    assert Abort.BY_USER.pdu == theirs.recv(100)


def test_a_peer_that_takes_nothing_does_not_hold_an_answer_for_ever(ends):
    ours, _ = ends
    connection = Connection(Plain(ours), 0.05)
    with pytest.raises(TimeoutError):
        connection.send(bytes(64 << 20))
