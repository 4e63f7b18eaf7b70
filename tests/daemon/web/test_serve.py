import os
import re
import signal
import socket
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

pytest.importorskip("uvicorn", reason="the extra `page` is not installed")

from daemon.errors import ConfigurationError  # is there
from daemon.web.connection import MOST_CONNECTIONS
from daemon.web.serve import STOP_S, listen_at, serve
from tests.support.daemons import environment, start
from tests.support.deadlines import scaled
from tests.support.pages import RunningPage
from tests.support.recorded import fill
from tests.support.records import scan_id
from tests.support.waiting import wait_until


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.1:8070", ("127.0.0.1", 8070)), ("[::1]:1", ("::1", 1)), ("localhost:0", ("localhost", 0))],
)
def test_an_address_of_loopback_and_a_port(text, expected):
    assert listen_at(text) == expected


@pytest.mark.parametrize("text", ["0.0.0.0:8070", "10.0.0.1:1", "rad.example:80"])
def test_what_others_can_reach_is_refused(text):
    """Break it: listen anywhere. Whoever reaches the port sees patients."""
    with pytest.raises(ConfigurationError, match="loopback"):
        listen_at(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.0.0.0:8070", ("0.0.0.0", 8070)), ("[2001:db8::1]:1", ("2001:db8::1", 1)), ("::1:2", ("::1", 2))],  # noqa: S104
)
def test_with_a_token_it_may_be_reached(text, expected):
    assert listen_at(text, asks_for_token=True) == expected


@pytest.mark.parametrize("asks_for_token", [False, True])
@pytest.mark.parametrize("text", ["", ":8070", "8070", "127.0.0.1", "rad.example"])
def test_what_is_no_address_with_a_port_is_refused_as_that(text, asks_for_token):
    """Break it: speak of loopback and tokens alone. Neither helps against a forgotten port."""
    with pytest.raises(ConfigurationError, match=r"loopback and a port are wanted.*127\.0\.0\.1:8070, not"):
        listen_at(text, asks_for_token=asks_for_token)


@pytest.mark.parametrize("text", ["127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:"])
def test_what_is_no_port_is_refused(text):
    with pytest.raises(ConfigurationError, match="a port is a number"):
        listen_at(text)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page that many tests ask, over two scans that are pictures and two that failed."""
    with RunningPage(fill(tmp_path_factory.mktemp("page") / "spool")) as running:
        yield running


def status_of(answer):
    return int(answer.split(b" ", 2)[1])


def test_it_serves_what_is_in_the_database(page):
    answer = page.ask()
    assert status_of(answer) == 200
    assert len(set(re.findall(rb'href="/scan/([0-9a-f-]+)', answer))) == 4
    assert b"\r\nserver:" not in answer.lower()


@pytest.mark.parametrize(
    ("target", "more", "expected"),
    [
        ("/", {"host": "evil.example"}, 421),
        ("/", {"host": "localhost.evil.example:8070"}, 421),
        ("/", {"host": "evil.example", "headers": ["Upgrade: websocket", "Connection: upgrade"]}, 421),
        ("/", {"host": "localhost", "headers": ["Host: evil.example"]}, 400),
        ("/static/../serve.py", {}, 404),
        ("/static/%2e%2e/serve.py", {}, 404),
        ("/static/..%2f..%2fserve.py", {}, 404),
        ("/static//etc/passwd", {}, 404),
        ("//etc/passwd", {}, 404),
        ("http://evil.example/", {}, 404),
        ("/scan/../../etc/passwd", {}, 404),
        ("/scan/..%2f..%2f..%2fetc%2fpasswd", {}, 404),
        ("/scan/%2e%2e%2f%2e%2e%2fresults.db", {}, 404),
        ("/scan/%00", {}, 404),
        ("/scan/%ff%fe/1/picture.png", {}, 404),
        ("/", {"method": "TRACE", "headers": ["X-Secret: cookie-of-a-proxy"]}, 405),
        ("/", {"method": "CONNECT"}, 405),
        ("/", {"method": "PROPFIND"}, 405),
        ("/", {"method": "gET"}, 405),
        ("/", {"method": "DELETE"}, 405),
        ("/", {"headers": ["X-Long: " + "x" * (1 << 17)]}, 400),
        ("/?name=" + "x" * (1 << 17), {}, 400),
        ("/", {"headers": ["Content-Length: x"]}, 400),
    ],
)
def test_what_is_odd_is_refused_and_gives_nothing_away(page, target, more, expected):
    answer = page.ask(target, **more)
    assert status_of(answer) == expected
    for secret in (b"cookie-of-a-proxy", b"root:", b"SQLite", b"Traceback", b'href="/scan/'):
        assert secret not in answer
    assert page.answers()


def test_head_has_the_heads_of_get_and_no_content(page):
    whole, head = page.ask(), page.ask(method="HEAD")
    assert status_of(head) == 200
    assert head.endswith(b"\r\n\r\n")
    lengths = [re.search(rb"\r\ncontent-length: (\d+)\r\n", answer)[1] for answer in (whole, head)]
    assert lengths[0] == lengths[1]


def test_requests_that_come_at_once_are_all_answered_in_their_order(page):
    request = b"GET %b HTTP/1.1\r\nHost: localhost\r\n%b\r\n"
    targets = [b"/figures", b"/nothing", b"/"]
    closing = [b"", b"", b"Connection: close\r\n"]
    answer = page.send(b"".join(request % both for both in zip(targets, closing, strict=True)))
    assert re.findall(rb"HTTP/1\.1 (\d+) ", answer) == [b"200", b"404", b"200"]


def test_what_is_no_http_is_refused(page):
    assert status_of(page.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10 + b"\r\n\r\n")) == 400
    assert page.answers()


SLOW = {
    "sends nothing": b"",
    "sends half a head": b"GET / HTTP/1.1\r\nHost: loc",
    "sends half a body": b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx",
    "reads nothing": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50,
}


@contextmanager
def slow_clients(page, number, kinds=SLOW):
    with ExitStack() as stack:
        clients = []
        for place in range(number):
            client = stack.enter_context(page.connect())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(list(kinds.values())[place % len(kinds)])
            clients.append(client)
        yield clients


@pytest.mark.parametrize("kind", SLOW)
def test_slow_clients_keep_no_other_out(page, kind):
    """Break it: leave the connections to uvicorn. It answers 503 while 64 of them hold on."""
    with slow_clients(page, 3 * MOST_CONNECTIONS, {kind: SLOW[kind]}) as clients:
        for byte in range(5):
            with suppress(OSError):
                clients[-1].sendall(b"abcde"[byte : byte + 1])
            started = time.monotonic()
            assert status_of(page.ask("/figures")) == 200
            assert time.monotonic() - started < scaled(5)  # the slow ones are waited for twice as long


def test_so_many_clients_have_a_place_and_no_more(page):
    with slow_clients(page, 3 * MOST_CONNECTIONS):
        assert status_of(page.ask("/figures")) == 200
        process = psutil.Process(page.process.pid)
        held = [one for one in process.net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED]
        assert len(held) <= MOST_CONNECTIONS + 1


def test_it_ends_in_its_time_with_slow_clients_and_leaves_no_child(tmp_path):
    with RunningPage(fill(tmp_path / "spool")) as page, slow_clients(page, 60):
        children = page.children()
        code, seconds = page.stop()
        assert code == 0
        assert seconds < scaled(STOP_S + 3)
        assert psutil.wait_procs(children, timeout=scaled(10))[1] == []
        assert "Traceback" not in page.log.read_text()


def test_it_ends_in_its_time_though_a_child_hangs(tmp_path):
    """Break it: leave out `timeout_graceful_shutdown`. The page waits for all of `deadline_s`."""
    spool = fill(tmp_path / "spool")
    with RunningPage(spool, deadline_s=600, decode_workers=1) as page, page.connect() as client:
        decoding = wait_until(page.decoding, timeout_s=30, what="children that decode")
        children = page.children()
        for child in decoding:
            child.suspend()
        try:
            target = f"/scan/{scan_id(1)}/1/picture.png"
            client.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert status_of(page.ask()) == 200
            code, seconds = page.stop()
        finally:
            for child in decoding:
                with suppress(psutil.NoSuchProcess):
                    child.resume()
        assert code == 0
        assert seconds < scaled(STOP_S + 8)
        assert psutil.wait_procs(children, timeout=scaled(10))[1] == []
        assert "Traceback" not in page.log.read_text()


def test_the_unit_waits_longer_than_the_page_takes_to_stop():
    unit = (Path(__file__).resolve().parents[3] / "systemd" / "inboxray-page.service").read_text()
    assert int(re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[1]) > 2 * STOP_S


def test_with_a_token_it_answers_who_shows_it(tmp_path):
    """Break it: leave the gate out. Each account of the machine then sees patients."""
    token = tmp_path / "page.token"
    token.write_text("a-token-of-many-characters\n")
    token.chmod(0o600)
    with RunningPage(fill(tmp_path / "spool"), "--token-file", token) as page:
        shown = ["Authorization: Bearer a-token-of-many-characters"]
        for target in ("/", "/figures", "/static/page.css", f"/scan/{scan_id(1)}", "/nothing"):
            assert status_of(page.ask(target)) == 401
            assert status_of(page.ask(target, host="evil.example")) == 401
            assert status_of(page.ask(target, host="evil.example", headers=shown)) == 421
        assert status_of(page.ask(headers=shown)) == 200
        assert b"a-token" not in page.log.read_bytes()


def test_once_it_says_where_it_is_it_can_be_reached_and_asked_to_stop():
    """Break it: say it once the port is bound. Who connects then is refused, and SIGTERM kills it."""

    async def app(_scope, _receive, _send):
        """Nobody asks."""

    def announced(port):
        with socket.create_connection(("127.0.0.1", port), timeout=scaled(5)):
            os.kill(os.getpid(), signal.SIGTERM)

    serve(app, "127.0.0.1", 0, announced)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_port_that_is_taken_says_so(tmp_path):
    spool = fill(tmp_path / "spool")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        log = tmp_path / "page.log"
        with log.open("wb") as errors:
            listen = f"127.0.0.1:{taken.getsockname()[1]}"
            process = start(
                ["page", "--listen", listen], env=environment(spool), stdout=errors, stderr=errors
            )
            assert process.wait(scaled(60)) == 78
        assert "cannot be taken: name another by --listen" in log.read_text()
