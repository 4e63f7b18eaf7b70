"""The connection of a coordinator to its scheduler and workers: every call has an end.

Dask keeps the roster, the connections and who may connect. Files do not become tasks of Dask's: a question
goes straight to a worker, and its answer comes straight back.
"""

import asyncio
import logging
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswerInTime
from contextlib import suppress
from typing import Any, Final

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
    """

    def __init__(self, name: str, words: str) -> None:
        super().__init__(f"{name}: {words}" if words else name)
        self.name = name


class Link:
    """A client of a scheduler and of its workers.

    Parameters
    ----------
    address : str
        Of the scheduler.
    security : distributed.Security or None

    Raises
    ------
    ClusterAwayError
        It cannot be reached.
    """

    def __init__(self, address: str, security: Security | None) -> None:
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what fails is logged once, by us
        try:
            self._client = Client(address, security=security, set_as_default=False, timeout=_CONNECT_S)
        except Exception as error:
            raise ClusterAwayError(_seen(error)) from error
        self._loop: asyncio.AbstractEventLoop = self._client.loop.asyncio_loop

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
            found = self._client.sync(self._client.scheduler.ncores, callback_timeout=_CALL_S)
        except Exception as error:
            raise ClusterAwayError(_seen(error)) from error
        return {str(address): int(count) for address, count in found.items()}

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
            self._client.close(timeout=_CLOSE_S)

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
            raise WorkerFailedError(reply["failure"], reply["words"])
        return reply["answer"]


def _seen(error: Exception) -> str:
    """Name what was seen, by the first cause in the chain of errors."""
    while error.__cause__ is not None and isinstance(error.__cause__, Exception):
        error = error.__cause__
    if isinstance(error, (TimeoutError, NoAnswerInTime)):
        return "it does not answer"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
