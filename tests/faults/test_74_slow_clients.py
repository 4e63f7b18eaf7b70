"""Fault 74: clients of `/metrics` and `/ready` send a byte now and then, and keep all places taken.

Break it: let `daemon.monitoring.http` wait for a place instead of hanging up on the slowest client.
"""

import http.client
import socket
import threading
from contextlib import contextmanager

import pytest

from tests.faults.conftest import CALM, Patient
from tests.support.deadlines import scaled
from tests.support.ports import free_port

CLIENTS = 20


@contextmanager
def trickling(port):
    """Keep clients that send a request without an end, a byte at a time, and come again."""
    over = threading.Event()

    def trickle():
        while not over.is_set():
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"GET /metrics HTTP/1.1\r\nHost: here\r\nX-Slow: ")
                try:
                    while not over.wait(0.2):
                        client.sendall(b"x")
                except OSError:
                    continue

    threads = [threading.Thread(target=trickle) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("path", ["/ready", "/metrics"])
def test_74_a_daemon_is_not_blinded_by_slow_clients(tmp_path, path):
    port = free_port()
    with Patient(tmp_path / "spool", metrics_listen=f"127.0.0.1:{port}", **CALM), trickling(port):
        for _ in range(5):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=scaled(10))
            connection.request("GET", path)
            assert connection.getresponse().status == 200
            connection.close()
