import re
import signal
import socket
import urllib.request

import pytest

pytest.importorskip("uvicorn", reason="the extra `page` is not installed")

from daemon.errors import ConfigurationError  # is there
from daemon.web.serve import listen_at
from tests.support.daemons import environment, start
from tests.support.deadlines import scaled
from tests.support.recorded import fill
from tests.support.waiting import wait_until


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.1:8070", ("127.0.0.1", 8070)), ("[::1]:1", ("::1", 1)), ("localhost:0", ("localhost", 0))],
)
def test_an_address_of_loopback_and_a_port(text, expected):
    assert listen_at(text) == expected


@pytest.mark.parametrize("text", ["0.0.0.0:8070", ":8070", "10.0.0.1:1", "127.0.0.1", "rad.example:80", ""])
def test_what_others_can_reach_is_refused(text):
    """Break it: listen anywhere. Whoever reaches the port sees patients."""
    with pytest.raises(ConfigurationError, match="loopback"):
        listen_at(text)


@pytest.mark.parametrize("text", ["127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:"])
def test_what_is_no_port_is_refused(text):
    with pytest.raises(ConfigurationError, match="a port is a number"):
        listen_at(text)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_the_command_serves_and_ends_at_sigterm_though_a_client_holds_on(tmp_path):
    spool = fill(tmp_path / "spool")
    port, log = _free_port(), tmp_path / "page.log"
    with log.open("wb") as errors:
        process = start(
            ["page", "--listen", f"127.0.0.1:{port}"], env=environment(spool), stdout=errors, stderr=errors
        )
        try:
            wait_until(lambda: "the page is at" in log.read_text(), timeout_s=60, what="the page")

            def answered():
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                        return answer.read().decode()
                except OSError:
                    return ""

            wait_until(answered, timeout_s=30, what="an answer")
            assert len(re.findall('href="/scan/', answered())) == 4
            with socket.create_connection(("127.0.0.1", port)) as slow:
                slow.sendall(b"GET / HTTP/1.1\r\nHost: loc")
                process.send_signal(signal.SIGTERM)
                assert process.wait(scaled(30)) == 0
        finally:
            process.kill()
            process.wait()


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
