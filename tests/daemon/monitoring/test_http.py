import http.client
import json
import socket
import stat
import threading
from contextlib import closing, contextmanager, suppress

import pytest

from daemon.errors import CannotCreateError
from daemon.jobs.history import History
from daemon.monitoring.health import Health, Pulse
from daemon.monitoring.http import monitored, served
from daemon.monitoring.metrics import Metrics
from storage.urls import sqlite_url
from tests.support.deadlines import scaled
from tests.support.ports import free_port
from tests.support.recorded import fill
from tests.support.waiting import wait_until


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=scaled(10))
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@pytest.fixture
def parts(tmp_path):
    fill(tmp_path / "spool")
    status = {"state": "running", "pauses": {}}
    pulse = Pulse()
    metrics = Metrics(tmp_path, pulse, lambda: status, History(tmp_path / "h.json"))
    return metrics, Health(pulse, lambda: status, sqlite_url(tmp_path / "spool" / "results.db")), status


def get(connection, path, method="GET"):
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


def test_it_answers_on_a_port_of_this_machine(parts):
    metrics, health, status = parts
    port = free_port()
    with monitored(f"127.0.0.1:{port}", metrics, health):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=scaled(10))
        code, body = get(connection, "/metrics")
        assert code == 200
        assert b"inboxray_files_waiting" in body
        assert get(connection, "/health")[0] == 200
        assert get(connection, "/ready")[0] == 200
        status["pauses"] = {"database": {"cause": "connection_refused"}}
        code, body = get(connection, "/ready")
        assert (code, json.loads(body)) == (503, {"ok": False, "reasons": ["database: connection_refused"]})
        assert get(connection, "/health")[0] == 200
        assert get(connection, "/etc/passwd")[0] == 404
        assert get(connection, "/metrics", "POST")[0] == 501
    with pytest.raises(ConnectionRefusedError):
        get(connection, "/health")


def test_it_answers_on_a_socket_that_a_group_may_use_and_takes_the_place_of_a_dead_one(parts, tmp_path):
    metrics, health, _ = parts
    path = tmp_path / "metrics.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with monitored(f"unix:{path}", metrics, health):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert get(UnixConnection(path), "/health")[0] == 200


def test_a_file_that_is_no_socket_is_not_removed(parts, tmp_path):
    metrics, health, _ = parts
    (tmp_path / "precious").write_text("words")
    with pytest.raises(CannotCreateError), monitored(f"unix:{tmp_path / 'precious'}", metrics, health):
        pass
    assert (tmp_path / "precious").read_text() == "words"


def test_a_port_that_is_taken_is_told(parts):
    metrics, health, _ = parts
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(CannotCreateError, match="EADDRINUSE"),
            monitored(f"127.0.0.1:{port}", metrics, health),
        ):
            pass


@contextmanager
def trickling(port, number):
    """Connect clients that send a byte of a request that never ends, again and again."""
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(number)]
    done = threading.Event()

    def trickle():
        while not done.wait(0.05):
            for client in clients:
                with suppress(OSError):
                    client.send(b"G")

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield clients
    finally:
        done.set()
        thread.join()
        for client in clients:
            client.close()


@pytest.mark.parametrize("path", ["/metrics", "/health", "/ready"])
def test_fault_74_slow_clients_keep_no_other_out(parts, path):
    """Break it: let `process_request` wait for a place instead of hanging up on the slowest client."""
    metrics, health, _ = parts
    port = free_port()
    with monitored(f"127.0.0.1:{port}", metrics, health, request_s=600), trickling(port, 20):
        for _ in range(10):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=scaled(10))
            assert get(connection, path)[0] == 200


def test_fault_74_a_request_has_a_deadline_as_a_whole(parts):
    """Break it: let `service_actions` do nothing."""
    metrics, health, _ = parts
    port = free_port()
    with (
        monitored(f"127.0.0.1:{port}", metrics, health, request_s=0.5),
        trickling(port, 1) as (client,),
    ):
        client.settimeout(scaled(20))
        with suppress(ConnectionResetError):  # as the kernel says it where a byte came too late
            assert client.recv(1) == b""  # each byte was in time


def test_fault_74_a_client_that_does_not_read_has_the_same_deadline(parts):
    metrics, health, status = parts
    status["set_aside"] = ["x" * 1000] * 20_000  # more than the kernel keeps for a client
    port = free_port()
    with (
        monitored(f"127.0.0.1:{port}", metrics, health, request_s=scaled(0.5)),
        socket.create_connection(("127.0.0.1", port)) as client,
    ):
        client.sendall(b"GET /ready HTTP/1.0\r\n\r\n")
        with suppress(ConnectionResetError):  # where its time was over before it was read
            client.recv(1)
        wait_until(lambda: not [one for one in threading.enumerate() if "process_request" in one.name])


def test_other_pages_are_served_and_a_taken_port_is_named_by_its_setting():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(CannotCreateError, match="send_metrics_listen"),
            served(listen, {}, setting="send_metrics_listen"),
        ):
            pass
    page = lambda accept: (http.HTTPStatus.OK, accept.encode(), "text/plain")  # noqa: E731
    with served(listen, {"/page": page}, setting="send_metrics_listen"):
        connection = http.client.HTTPConnection(listen, timeout=scaled(10))
        with closing(connection):
            connection.request("GET", "/page", headers={"Accept": "a/b"})
            assert connection.getresponse().read() == b"a/b"
