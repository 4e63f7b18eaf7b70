"""A connection of the page: how long its client may take, and which client gives way when too many come.

uvicorn waits for ever for a request that never ends, for an answer that is never taken, and for the first
byte of a client that sends none: 64 such clients kept every other out (fault 79).
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, Literal, cast

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS: Final = 64
"""Of all clients together; more only while so many are being answered."""

Awaited = Literal["request", "taking"]
"""What a client has to do next: send its whole request, or take the whole of what was answered."""

ALLOWED_S: Final[Mapping[Awaited, float]] = {"request": 10.0, "taking": 60.0}
"""How long it has for that, from its first byte to its last, seconds."""

_log = structlog.get_logger()


class Connection(H11Protocol):
    """uvicorn's HTTP over h11, with an end to each wait for the client.

    While the application works nothing is awaited of the client, and no time runs. All arguments are
    uvicorn's.

    Attributes
    ----------
    allowed_s : Mapping of str to float
        `ALLOWED_S`.
    awaited : {"request", "taking"} or None
        What the client has to do next; None while the application works.
    since : float
        Since when, in the time of the event loop, seconds.
    """

    allowed_s: ClassVar[Mapping[Awaited, float]] = ALLOWED_S

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.awaited: Awaited | None = None
        self.since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._is_lost = False
        self._task: asyncio.Task[Any] | None = None
        self._answer, self.app = self.app, self._answer_unless_lost

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        """Begin to wait for a request, in the place of another client if there is no other.

        Parameters
        ----------
        transport : asyncio.Transport
        """
        transport.set_write_buffer_limits(0)  # `pause_writing` then names each byte that is not taken
        super().connection_made(transport)
        self._follow()
        connections = cast("Iterable[Connection]", self.connections)
        gives_way = one_too_many([one for one in connections if not one.transport.is_closing()], self)
        if gives_way is not None:
            gives_way.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more, and let no answer wait for its turn that no client waits for.

        Parameters
        ----------
        exc : Exception or None
            What ended the connection.
        """
        super().connection_lost(exc)
        self._is_lost = True
        self._await(None)
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Read what came.

        Parameters
        ----------
        data : bytes
        """
        try:
            super().data_received(data)
        except h11.LocalProtocolError:  # uvicorn refuses what it cannot read, also after its answer
            self.hang_up()
        self._follow()

    def on_response_complete(self) -> None:
        """Wait until the answer is taken, then for the next request."""
        super().on_response_complete()
        self._follow()

    def pause_writing(self) -> None:
        """Wait until the client has taken what was written."""
        super().pause_writing()
        self._follow()

    def resume_writing(self) -> None:
        """Go on: all that was written is taken."""
        super().resume_writing()
        self._follow()

    def hang_up(self) -> None:
        """End the connection at once, with whatever is under way."""
        self.transport.abort()

    async def _answer_unless_lost(self, scope: Any, receive: Any, send: Any) -> None:
        if self._is_lost:
            return
        self._task = asyncio.current_task()
        try:
            await self._answer(scope, receive, send)
        except asyncio.CancelledError:
            if not self._is_lost:
                raise
        except Exception as error:
            _log.error("page_failed", exc_info=error)
            raise
        finally:
            self._task = None

    def _follow(self) -> None:
        if self._is_lost:
            return
        if self.flow.write_paused:
            self._await("taking")
        elif self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._await("request")
        else:
            self._await(None)

    def _await(self, awaited: Awaited | None) -> None:
        if awaited == self.awaited:
            return  # its time runs on: a byte now and then wins none
        if self._timer is not None:
            self._timer.cancel()
        self.awaited, self.since = awaited, self.loop.time()
        self._timer = None if awaited is None else self.loop.call_later(self.allowed_s[awaited], self.hang_up)


def one_too_many(connections: list[Connection], newest: Connection) -> Connection | None:
    """Choose who gives way to a new connection.

    Parameters
    ----------
    connections : list of Connection
        All that are open.
    newest : Connection
        Among them; it stays.

    Returns
    -------
    Connection or None
        Of the address that holds the most places, the one whose client has been awaited for longest; None if
        there is room, or none is awaited.
    """
    if len(connections) <= MOST_CONNECTIONS:
        return None
    held = Counter(_address(one) for one in connections)
    slow = [one for one in connections if one.awaited is not None and one is not newest]
    return min(slow, key=lambda one: (-held[_address(one)], one.since), default=None)


def _address(connection: Connection) -> str:
    return connection.client[0] if connection.client else ""
