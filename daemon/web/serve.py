"""The page on a port, until it is asked to stop."""

import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

from daemon.errors import ConfigurationError
from daemon.web.connection import MOST_CONNECTIONS, Connection

if TYPE_CHECKING:
    from starlette.types import ASGIApp

STOP_S: Final = 5
"""For answers under way when it is asked to stop; then they are cut off. The unit waits longer."""

_IDLE_S: Final = 5
_LONGEST_HEADER: Final = 16_384


class _Server(uvicorn.Server):
    """A server that says when it answers, and whose end is an end of the program.

    Parameters
    ----------
    config : uvicorn.Config
    announce : callable
        Called with the port once browsers can connect and signals are awaited.
    """

    def __init__(self, config: uvicorn.Config, announce: Callable[[int], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so: a socket that is only bound refuses who connects."""
        await super().startup(sockets)
        for listening in sockets or ():
            self._announce(listening.getsockname()[1])

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let the signals reach the server; uvicorn would raise them again, which leaves children."""
        kept = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)


def listen_at(text: str, *, asks_for_token: bool = False) -> tuple[str, int]:
    """Read where to listen.

    Parameters
    ----------
    text : str
        ``127.0.0.1:8070``, ``[::1]:8070`` or ``localhost:8070``.
    asks_for_token : bool
        Then any other address of this machine, too.

    Returns
    -------
    tuple of (str, int)
        The address and the port; port 0 takes a free one.

    Raises
    ------
    ConfigurationError
        It is malformed, or an address that others reach without a token: readers of the page see patients.
    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not host:
        raise ConfigurationError(
            "an address of this machine's loopback and a port are wanted, such as 127.0.0.1:8070, "
            f"not {text!r}"
        )
    if not is_loopback(host) and not asks_for_token:
        raise ConfigurationError(
            "the page listens on loopback alone (127.0.0.1:PORT), for it asks for no password: put a web "
            "server that does before it, and name the host that it is asked under by --host; or let it ask "
            "for a token by --token-file"
        )
    if not (port.isascii() and port.isdigit() and int(port[:9]) < 1 << 16):
        raise ConfigurationError("a port is a number below 65536, as in 127.0.0.1:8070")
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address.

    Parameters
    ----------
    host : str
        Of `listen_at`.

    Returns
    -------
    bool
    """
    return host in ("127.0.0.1", "::1", "localhost")


def serve(app: "ASGIApp", host: str, port: int, announce: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT.

    Parameters
    ----------
    app : ASGI application
    host : str
    port : int
    announce : callable
        Called with the port once browsers can connect.

    Raises
    ------
    ConfigurationError
        The port is taken, or is not ours to take.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        ws="none",  # a request for another protocol would go past the guard
        log_config=None,
        access_log=False,  # addresses hold what was looked for: patients
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        limit_concurrency=2 * MOST_CONNECTIONS,  # so many answers at once, then 503
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=STOP_S,
        h11_max_incomplete_event_size=_LONGEST_HEADER,
    )
    # It says what clients sent, once for each; what fails is `page_failed`.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    try:
        listening = config.bind_socket()
        listening.listen(config.backlog)
    except (SystemExit, OSError):
        raise ConfigurationError(f"port {port} of {host} cannot be taken: name another by --listen") from None
    _Server(config, announce).run(sockets=[listening])
