"""The HTTP server for monitoring: /metrics, /health and /ready; of this machine alone, and read-only.

A client that sends or reads slowly keeps no other out: a request has a deadline as a whole, and where all
places are taken, who has had one longest makes room (fault 74).
"""

import json
import os
import socket
import socketserver
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from daemon.errors import CannotCreateError, errno_name
from daemon.monitoring.health import Health
from daemon.monitoring.metrics import Metrics
from daemon.settings.listening import split_listen

_UNIX: Final = "unix:"
_SOCKET_MODE: Final = 0o660
_REQUEST_S: Final = 5.0
_MOST_CLIENTS: Final = 8
_JSON: Final = "application/json"

Answer = tuple[HTTPStatus, bytes, str]
Page = Callable[[str], Answer]


@contextmanager
def monitored(
    listen: str, metrics: Metrics, health: Health, *, request_s: float = _REQUEST_S
) -> Iterator[None]:
    """Serve monitoring in threads of its own.

    Parameters
    ----------
    listen : str
        ``HOST:PORT`` of this machine, or ``unix:/PATH``.
    metrics : Metrics
    health : Health
    request_s : float
        Longest time from a connection to the end of its answer, seconds.

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
    with served(listen, pages, setting="metrics_listen", request_s=request_s):
        yield


@contextmanager
def served(
    listen: str, pages: Mapping[str, Page], *, setting: str, request_s: float = _REQUEST_S
) -> Iterator[None]:
    """Serve pages in threads of its own.

    Parameters
    ----------
    listen : str
        ``HOST:PORT`` of this machine, or ``unix:/PATH``.
    pages : mapping of str to callable
        By their paths; each takes the header Accept.
    setting : str
        That names the place, for the message.
    request_s : float
        Longest time from a connection to the end of its answer, seconds.

    Yields
    ------
    None

    Raises
    ------
    CannotCreateError
        The port or the path cannot be used.
    """
    try:
        server = _open(listen, pages, request_s)
    except OSError as error:
        raise CannotCreateError(
            f"metrics cannot be served on {listen}: {errno_name(error)}. Set `{setting}` to a free port "
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


def _open(listen: str, pages: Mapping[str, Page], request_s: float) -> "_Server":
    if listen.startswith(_UNIX):
        path = listen.removeprefix(_UNIX)
        with suppress(FileNotFoundError):
            if stat.S_ISSOCK(os.lstat(path).st_mode):
                os.unlink(path)  # left by a daemon that was killed: we hold the lock on its spool
        server = _Server(socket.AF_UNIX, path, pages, request_s)
        os.chmod(path, _SOCKET_MODE)
        return server
    host, port = split_listen(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return _Server(family, (host, port), pages, request_s)


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A server of a few clients at a time; a further one takes the place of the slowest."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = _MOST_CLIENTS

    def __init__(
        self, family: socket.AddressFamily, address: Any, pages: Mapping[str, Page], request_s: float
    ) -> None:
        self.address_family = family
        self.pages = pages
        self.request_s = request_s
        self._places = threading.BoundedSemaphore(_MOST_CLIENTS)
        self._since: dict[Any, float] = {}  # connections, the oldest first
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve in a thread, in the place of the slowest client if there is no other."""
        if not self._places.acquire(blocking=False):
            self._hang_up(at_most=1)
            if not self._places.acquire(timeout=self.request_s):
                self.shutdown_request(request)
                return
        with self._lock:
            self._since[request] = time.monotonic()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve, and let the next client in."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._since.pop(request, None)
            self._places.release()

    def service_actions(self) -> None:
        """End requests that took too long as a whole, however busy each was; called five times a second."""
        self._hang_up(before=time.monotonic() - self.request_s)

    def _hang_up(self, *, before: float = float("inf"), at_most: int = _MOST_CLIENTS) -> None:
        """Disconnect clients, the oldest first: their threads find that nothing comes any more, and end."""
        with self._lock:
            late = [request for request, since in self._since.items() if since < before][:at_most]
            for request in late:
                with suppress(OSError):
                    request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect: the base class would print a traceback."""


class _Handler(BaseHTTPRequestHandler):
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
