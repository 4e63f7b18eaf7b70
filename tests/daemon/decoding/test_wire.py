import os
import socket
import struct
import threading
import time

import pytest

from daemon.decoding.messages import MalformedAnswerError
from daemon.decoding.wire import Kind, receive_answer, receive_request, send_answer, send_request
from tests.support.deadlines import scaled


@pytest.fixture
def channel():
    daemon, child = socket.socketpair()
    with daemon, child:
        yield daemon, child


def soon():
    return time.monotonic() + scaled(10)


def test_an_answer_larger_than_a_channel_holds_comes_whole(channel):
    daemon, child = channel
    array = os.urandom(3 << 20)
    sender = threading.Thread(target=send_answer, args=(child.fileno(), Kind.ANSWER, b"text", array))
    sender.start()

    assert receive_answer(daemon, len(array), soon()) == (Kind.ANSWER, b"text", array)
    sender.join()


@pytest.mark.parametrize(
    "head", [(0, 0, 0), (9, 0, 0), (2, (1 << 20) + 1, 0), (2, 0, 101), (2, 0, (1 << 64) - 1)]
)
def test_what_no_child_says_is_malformed_before_it_is_taken(channel, head):
    daemon, child = channel
    child.sendall(struct.pack("<BIQ", *head))

    with pytest.raises(MalformedAnswerError):
        receive_answer(daemon, 100, soon())


def test_half_an_answer_is_none(channel):
    daemon, child = channel
    child.sendall(struct.pack("<BIQ", Kind.ANSWER, 10, 0) + b"half")
    with pytest.raises(TimeoutError):
        receive_answer(daemon, 0, time.monotonic() + 0.1)
    child.close()
    with pytest.raises(EOFError):
        receive_answer(daemon, 0, soon())


def test_a_request_comes_with_its_file(channel, tmp_path):
    daemon, child = channel
    with (tmp_path / "a").open("w+b") as file:
        sender = threading.Thread(target=send_request, args=(daemon, 3, bytes(1 << 20), file.fileno()))
        sender.start()
        function, arguments, descriptor, refusal = receive_request(child)
        sender.join()
        os.write(descriptor, b"same file")
        os.close(descriptor)
        assert (function, len(arguments), refusal) == (3, 1 << 20, 0)
        assert (tmp_path / "a").read_bytes() == b"same file"


def test_a_request_without_a_file_says_why(channel):
    daemon, child = channel
    send_request(daemon, 0, b"", None, refusal=28)

    assert receive_request(child) == (0, b"", None, 28)


def test_a_daemon_that_is_gone_has_no_request(channel):
    daemon, child = channel
    daemon.close()

    with pytest.raises(EOFError):
        receive_request(child)
