import os
import pickle
import socket
import threading
import time

import pytest

from daemon.decoding import serve
from daemon.decoding.answer_format import read_decoded
from daemon.decoding.messages import Decoded
from daemon.decoding.wire import Kind, receive_answer, send_request
from tests.support.deadlines import scaled
from tests.support.limits import LIMITS


def echo(descriptor, limits, *request):
    assert limits == LIMITS
    return Decoded.refused("failed", "unreadable", error_detail=os.read(descriptor, 100).decode())


def exhaust(descriptor, limits):
    raise MemoryError("of Meyer^Anna")


def fail(descriptor, limits):
    raise KeyboardInterrupt("Meyer^Anna")


@pytest.fixture
def ask(tmp_path):
    """Let a thread be a child for one file, and give what it says."""
    daemon, child = socket.socketpair()
    (tmp_path / "file").write_bytes(b"content")

    def begin(function, arguments=(LIMITS,)):
        thread = threading.Thread(target=serve._serve_one, args=(child, (function,)))
        thread.start()
        with (tmp_path / "file").open("rb") as file:
            send_request(daemon, 0, pickle.dumps(arguments), file.fileno())
        said = receive_answer(daemon, 0, time.monotonic() + scaled(10))
        thread.join()
        return said

    with daemon, child:
        yield begin


def test_it_answers_about_the_file_that_it_was_given(ask):
    kind, text, array = ask(echo)

    assert kind is Kind.ANSWER
    assert read_decoded(text, array, LIMITS).error_detail == "content"


@pytest.mark.parametrize(("function", "kind"), [(exhaust, Kind.OUT_OF_MEMORY), (fail, Kind.FAILED)])
def test_an_exception_is_a_fact_without_words(ask, function, kind):
    assert ask(function) == (kind, b"", b"")


def test_a_request_without_a_file_is_its_end(tmp_path):
    daemon, child = socket.socketpair()
    with daemon, child:
        send_request(daemon, 0, b"", None)
        with pytest.raises(EOFError):
            serve._serve_one(child, (echo,))
