"""The connection of a coordinator to its scheduler and workers: every call has an end.

Dask keeps the roster, the connections and who may connect. Files do not become tasks of Dask's: a question
goes straight to a worker, and its answer comes straight back.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswerInTime
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

from distributed import Client
from distributed.protocol import to_serialize
from distributed.security import Security

from daemon.execution.dask.messages import QUESTION, Question

_CONNECT_S: Final = 3
_CALL_S: Final = 10
_CLOSE_S: Final = 2


class ClusterAwayError(Exception):
    """The scheduler does not answer; its message says how that was seen."""


class WorkerAwayError(Exception):
    """A worker does not answer: it ended, or the way to it did; its message says how that was seen."""


class WorkerFailedError(Exception):
    """A worker answered that it cannot answer.

    Parameters
    ----------
    name : str
        Of the exception there.
    words : str
        Its message.
    is_of_machine : bool
        Whether it is what any file may meet there: a full disk, no process; else it is about this file.
    """

    def __init__(self, name: str, words: str, *, is_of_machine: bool = True) -> None:
        super().__init__(f"{name}: {words}" if words else name)
        self.name = name
        self.is_of_machine = is_of_machine


class Link:
    """A client of a scheduler and of its workers.

    Parameters
    ----------
    address : str
        Of the scheduler.
    security : distributed.Security or None
    connect_s : float
        Longest time that it is tried to be reached, seconds.

    Raises
    ------
    ClusterAwayError
        It cannot be reached; nothing is left of the try.
    """

    def __init__(self, address: str, security: Security | None, connect_s: float = _CONNECT_S) -> None:
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what fails is logged once, by us
        # A loop of our own: what Dask makes for itself it leaves running when it cannot connect.
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda *_: None)  # of what was given up there is nothing to report
        self._thread = threading.Thread(target=self._loop.run_forever, name="link", daemon=True)
        self._thread.start()
        try:
            self._client: Client = self._run(_connected(address, security, connect_s), connect_s + _CALL_S)
        except Exception as error:
            self._end()
            raise ClusterAwayError(_seen(error)) from error

    @property
    def is_up(self) -> bool:
        """Whether the scheduler was there at its last message."""
        return bool(self._client.status == "running")

    def threads(self) -> dict[str, int]:
        """Ask which workers there are.

        Returns
        -------
        dict of str to int
            Threads by address.

        Raises
        ------
        ClusterAwayError
        """
        if not self.is_up:
            raise ClusterAwayError("it ended, or the network did")
        try:
            found = self._run(self._client.scheduler.ncores(), _CALL_S)
        except Exception as error:
            raise ClusterAwayError(_seen(error)) from error
        return {str(address): int(count) for address, count in found.items()}

    def leave(self, key: str, name: str, value: tuple[int, int]) -> None:
        """Leave something with the scheduler, for those who ask; nothing is waited for.

        Parameters
        ----------
        key, name : str
        value : tuple of (int, int)
        """

        async def set_it() -> None:
            with suppress(Exception):
                await self._client.scheduler.set_metadata(keys=[key, name], value=value)

        asyncio.run_coroutine_threadsafe(set_it(), self._loop)

    def left(self, key: str) -> Any:
        """Ask what was left with the scheduler.

        Parameters
        ----------
        key : str

        Returns
        -------
        mapping or None

        Raises
        ------
        ClusterAwayError
        """
        try:
            return self._run(self._client.scheduler.get_metadata(keys=[key], default=None), _CALL_S)
        except Exception as error:
            raise ClusterAwayError(_seen(error)) from error

    def ask(self, worker: str, question: Question, *arguments: Any, within_s: float) -> "Future[Any]":
        """Ask a worker; returns at once.

        Parameters
        ----------
        worker : str
            Its address.
        question : Question
        *arguments
            Of the method of `Station`.
        within_s : float
            When the worker is taken for gone, seconds.

        Returns
        -------
        Future
            With the answer, WorkerAwayError or WorkerFailedError.
        """
        return asyncio.run_coroutine_threadsafe(
            self._asked(worker, question, arguments, within_s), self._loop
        )

    def close(self) -> None:
        """Leave; nothing is waited for that does not answer."""
        with suppress(Exception):
            self._run(self._client.close(timeout=_CLOSE_S), 2 * _CLOSE_S)
        self._end()

    def _run(self, call: Coroutine[Any, Any, Any], within_s: float) -> Any:
        asked = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return asked.result(within_s)
        finally:
            asked.cancel()

    def _end(self) -> None:
        """End the loop, and what still runs in it."""

        async def cancelled() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.wait(others, timeout=_CLOSE_S) if others else None

        with suppress(Exception):
            self._run(cancelled(), 2 * _CLOSE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSE_S)
        if not self._thread.is_alive():
            self._loop.close()

    async def _asked(
        self, worker: str, question: Question, arguments: tuple[Any, ...], within_s: float
    ) -> Any:
        call = getattr(self._client.rpc(worker), QUESTION)
        try:
            reply = await asyncio.wait_for(
                call(name=str(question), arguments=to_serialize(arguments)), within_s
            )
        except Exception as error:
            raise WorkerAwayError(_seen(error)) from error
        if not isinstance(reply, dict) or not ({"answer", "failure"} & set(reply)):
            raise WorkerFailedError("it is none of `inboxray cluster worker`", "")
        if "failure" in reply:
            raise WorkerFailedError(
                reply["failure"], reply["words"], is_of_machine=reply.get("is_of_machine", True)
            )
        return reply["answer"]


async def _connected(address: str, security: Security | None, connect_s: float) -> Client:
    parts = urlsplit(address)
    # first by ourselves: Dask tries on until its time is over, and then may not know why
    _, writer = await asyncio.wait_for(asyncio.open_connection(parts.hostname, parts.port), connect_s)
    writer.close()
    client = Client(address, security=security, set_as_default=False, timeout=connect_s, asynchronous=True)

    async def started() -> None:
        await client

    try:
        await asyncio.wait_for(started(), connect_s)  # its own time-out waits longer for one that is silent
    except BaseException:
        with suppress(Exception):
            await client.close(timeout=_CLOSE_S)
        raise
    return client


def _seen(error: Exception) -> str:
    """Name what was seen, by the first cause in the chain of errors."""
    while error.__cause__ is not None and isinstance(error.__cause__, Exception):
        error = error.__cause__
    if isinstance(error, (TimeoutError, NoAnswerInTime)):
        return "it does not answer"
    words = str(error)
    if isinstance(error, ConnectionError) and error.errno is not None:
        words = os.strerror(error.errno)  # asyncio names the address
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
