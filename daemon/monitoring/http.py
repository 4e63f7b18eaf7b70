"""The HTTP server for monitoring: /metrics, /health and /ready; of this machine alone, and read-only."""

import json
import os
import socket
import socketserver
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from daemon.errors import CannotCreateError, errno_name
from daemon.monitoring.health import Health
from daemon.monitoring.metrics import Metrics

_UNIX: Final = "unix:"
_SOCKET_MODE: Final = 0o660
_CLIENT_TIMEOUT_S: Final = 5.0
_MOST_CLIENTS: Final = 8
_JSON: Final = "application/json"

Answer = tuple[HTTPStatus, bytes, str]
Page = Callable[[str], Answer]


@contextmanager
def monitored(listen: str, metrics: Metrics, health: Health) -> Iterator[None]:
    """Serve monitoring in threads of its own.

    Parameters
    ----------
    listen : str
        ``HOST:PORT`` of this machine, or ``unix:/PATH``.
    metrics : Metrics
    health : Health

    Yields
    ------
    None

    Raises
    ------
    CannotCreateError
        The port or the path cannot be used.
    """
    pages: dict[str, Page] = {
        "/metrics": lambda accept: (HTTPStatus.OK, *metrics.text(accept)),
        "/health": lambda _: _verdict(health.is_alive()),
        "/ready": lambda _: _verdict(health.is_ready(), health.measured()),
    }
    try:
        server = _open(listen, pages)
    except OSError as error:
        raise CannotCreateError(
            f"metrics cannot be served on {listen}: {errno_name(error)}. Set `metrics_listen` to a free port "
            "of this machine or to a path whose folder the daemon's user may write, or switch it off."
        ) from None
    thread = threading.Thread(target=server.serve_forever, args=(0.2,), name="monitor", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _verdict(reasons: list[str], measured: Mapping[str, Any] | None = None) -> Answer:
    body = {"ok": not reasons, "reasons": reasons, **(measured or {})}
    status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
    return status, json.dumps(body).encode() + b"\n", _JSON


def _open(listen: str, pages: Mapping[str, Page]) -> "_Server":
    if listen.startswith(_UNIX):
        path = listen.removeprefix(_UNIX)
        with suppress(FileNotFoundError):
            if stat.S_ISSOCK(os.lstat(path).st_mode):
                os.unlink(path)  # left by a daemon that was killed: we hold the lock on its spool
        server = _Server(socket.AF_UNIX, path, pages)
        os.chmod(path, _SOCKET_MODE)
        return server
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    return _Server(family, (host.strip("[]"), int(port)), pages)


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A server of a few clients at a time; further connections wait in the kernel's queue."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = _MOST_CLIENTS

    def __init__(self, family: socket.AddressFamily, address: Any, pages: Mapping[str, Page]) -> None:
        self.address_family = family
        self.pages = pages
        self._places = threading.BoundedSemaphore(_MOST_CLIENTS)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve in a thread, once fewer than the most clients are served."""
        if not self._places.acquire(timeout=_CLIENT_TIMEOUT_S):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve, and let the next client in."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect: the base class would print a traceback."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _CLIENT_TIMEOUT_S
    server_version = "inboxray"
    sys_version = ""

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path.partition("?")[0])  # type: ignore[attr-defined]
        if page is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        status, body, content_type = page(self.headers.get("Accept", ""))
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name is the library's
        """Write no log of its own."""
