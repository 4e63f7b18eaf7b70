"""The page on a port, until it is asked to stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

from daemon.errors import ConfigurationError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_MOST_CONNECTIONS: Final = 64
_STOP_S: Final = 5  # below the half minute that systemd waits
_IDLE_S: Final = 5
_LONGEST_HEADER: Final = 16_384


class _Server(uvicorn.Server):
    """A server whose end is an end of the program: uvicorn raises the signal again, which leaves children."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let the signals that ask for an end reach the server."""
        kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)


def listen_at(text: str) -> tuple[str, int]:
    """Read where to listen.

    Parameters
    ----------
    text : str
        ``127.0.0.1:8070``, ``[::1]:8070`` or ``localhost:8070``.

    Returns
    -------
    tuple of (str, int)
        The address and the port; port 0 takes a free one.

    Raises
    ------
    ConfigurationError
        It is malformed, or an address that others reach: readers of the page see patients.
    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if host not in ("127.0.0.1", "::1", "localhost"):
        raise ConfigurationError(
            "the page listens on loopback alone (127.0.0.1:PORT), for it asks for no password: put a web "
            "server that does before it, and name the host that it is asked under by --host"
        )
    if not (port.isascii() and port.isdigit() and int(port[:9]) < 1 << 16):
        raise ConfigurationError("a port is a number below 65536, as in 127.0.0.1:8070")
    return host, int(port)


def serve(app: "ASGIApp", host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT.

    Parameters
    ----------
    app : ASGI application
    host : str
    port : int

    Raises
    ------
    ConfigurationError
        The port is taken, or is not ours to take.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # addresses hold what was looked for: patients
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_STOP_S,
        h11_max_incomplete_event_size=_LONGEST_HEADER,
    )
    try:
        listening = config.bind_socket()
    except SystemExit:
        raise ConfigurationError(f"port {port} of {host} cannot be taken: name another by --listen") from None
    _Server(config).run(sockets=[listening])
