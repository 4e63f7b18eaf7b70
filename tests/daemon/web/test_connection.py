"""uvicorn with our connections in this process, and clients on real sockets that do not do their part."""

import asyncio
import socket
import threading
import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import ClassVar

import pytest

pytest.importorskip("uvicorn", reason="the extra `page` is not installed")

import uvicorn  # is there
from structlog.testing import capture_logs

from daemon.web.connection import MOST_CONNECTIONS, Connection, one_too_many
from tests.support.deadlines import scaled
from tests.support.pages import read_all
from tests.support.waiting import wait_until

SOON_S = scaled(0.6)
LARGE = bytes(64 << 20)  # no kernel holds this for a client that reads nothing


class Hasty(Connection):
    allowed_s: ClassVar = {"request": SOON_S, "taking": SOON_S}


@contextmanager
def serve(app):
    """Serve an application; give what connects to it, and what the server knows of its connections."""
    config = uvicorn.Config(app, port=0, http=Hasty, ws="none", log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        wait_until(lambda: server.started, what="the server")
        address = listening.getsockname()
        yield lambda: socket.create_connection(address, timeout=scaled(60)), server.server_state
    finally:
        server.should_exit = server.force_exit = True
        thread.join()


def answering(content, *, reads=False, after_s=0.0):
    """Make an application that gives this, at once or after a while, or once it has the whole request."""

    async def app(_scope, receive, send):
        while reads and (await receive()).get("more_body", False):
            pass
        await asyncio.sleep(after_s)
        headers = [(b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return app


GOOD = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [b"", b"G", GOOD[:-2], b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx"],
    ids=["nothing", "a byte", "half a head", "half a body"],
)
def test_a_request_that_does_not_end_is_hung_up_on(sent):
    """Break it: let uvicorn wait. It does so for ever."""
    with serve(answering(b"ok", reads=True)) as (connect, _):
        before = time.monotonic()
        with connect() as client:
            client.sendall(sent)
            assert read_all(client) == b""
        assert time.monotonic() - before > SOON_S / 2


def test_a_byte_now_and_then_wins_no_time():
    """Break it: begin anew with each byte. A client then holds its place for as long as it likes."""
    with serve(answering(b"ok")) as (connect, _), connect() as client:
        client.settimeout(0.05)
        started = time.monotonic()
        ended = False
        while not ended:
            try:
                client.sendall(b"G")
                ended = client.recv(1) == b""
            except TimeoutError:
                assert time.monotonic() - started < scaled(60)
            except OSError:
                ended = True


def test_an_answer_that_is_not_taken_is_cut_off():
    with serve(answering(LARGE)) as (connect, state), connect() as client:
        client.sendall(GOOD)
        taken = client.recv(1)  # so the server has the connection
        wait_until(lambda: not state.connections, timeout_s=30, what="its end")
        assert 0 < len(taken + read_all(client)) < len(LARGE)


def test_no_time_runs_while_the_application_works():
    """Break it: count from the connection. A picture that takes long to decode is never seen."""
    with serve(answering(b"slowly", after_s=3 * SOON_S)) as (connect, _), connect() as client:
        client.sendall(GOOD)
        assert client.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_each_request_of_a_connection_has_its_own_time():
    with serve(answering(b"ok")) as (connect, _), connect() as client:
        started = time.monotonic()
        while time.monotonic() - started < 2 * SOON_S:
            client.sendall(GOOD)
            answer = b""
            while not answer.endswith(b"\r\n\r\nok"):
                answer += client.recv(4096)
                assert answer
            time.sleep(SOON_S / 20)


def test_requests_that_come_together_are_answered_one_after_the_other():
    with serve(answering(b"ok")) as (connect, _), connect() as client:
        client.sendall(3 * GOOD)
        assert read_all(client).count(b"\r\n\r\nok") == 3


def test_what_cannot_be_read_after_the_answer_is_no_error_of_ours(caplog):
    """By uvicorn it is refused by a second answer, which h11 does not allow: the log got a traceback."""
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serve(answering(b"early")) as (connect, _), connect() as client:
        client.sendall(head)
        early = client.recv(4096)
        client.sendall(b"no chunk\r\n")
        assert b"early" in early + read_all(client)
    assert [record.message for record in caplog.records if record.exc_info] == []


def test_what_fails_is_logged_without_what_it_says():
    """Break it: leave it to uvicorn. Its traceback ends in a message that may hold a patient's name."""

    async def app(_scope, _receive, _send):
        raise ValueError("DOE^JANE")

    with capture_logs() as events, serve(app) as (connect, _), connect() as client:
        client.sendall(GOOD)
        assert b"500" in client.recv(4096)
        read_all(client)
    (failed,) = [event for event in events if event["event"] == "page_failed"]
    assert isinstance(failed["exc_info"], ValueError)  # `daemon.logs` writes its class and places alone


def connection(address, since, awaited="request"):
    return SimpleNamespace(client=(address, 1), since=since, awaited=awaited)


def test_there_is_room_for_some():
    some = [connection("127.0.0.1", since) for since in range(MOST_CONNECTIONS)]
    assert one_too_many(some, some[-1]) is None


def test_the_client_that_was_waited_for_longest_gives_way():
    some = [connection("127.0.0.1", since) for since in range(MOST_CONNECTIONS + 1)]
    some[0].awaited = None  # is being answered
    assert one_too_many(some, some[-1]) is some[1]


def test_an_address_with_one_connection_loses_it_to_none_that_holds_many():
    """Break it: look at the time alone. One machine then takes the places of all others."""
    patient = connection("192.0.2.1", 0)
    greedy = [connection("192.0.2.2", since) for since in range(1, MOST_CONNECTIONS + 1)]
    assert one_too_many([patient, *greedy], greedy[-1]) is greedy[0]


def test_none_gives_way_whose_answer_is_being_made():
    some = [connection("127.0.0.1", since, awaited=None) for since in range(MOST_CONNECTIONS)]
    newest = connection("127.0.0.1", 99)
    assert one_too_many([*some, newest], newest) is None
