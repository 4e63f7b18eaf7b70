"""The scheduler and a worker as programs of their own, until SIGTERM or SIGINT."""

import asyncio
import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import dask
from distributed import Scheduler, Worker
from distributed.protocol import to_serialize
from distributed.security import Security
from distributed.utils import get_ip

from daemon.errors import ConfigurationError, DaemonError
from daemon.execution.dask.messages import QUESTION, LeavingError, Question, words_of
from daemon.execution.dask.station import Station
from model.errors import ModelError

_NOT_WATCHED: Final = "127.0.0.1:0"
"""Dask's own pages listen on every address by default; they show file names."""
_AWAY_S: Final = "24 hours"
_AGAIN_S: Final = 1.0
_FINISH_S: Final = 40.0
"""For the files that a worker has in work when it is asked to end."""
_FLUSH_S: Final = 0.1
"""For the last answers to be written, once they are there."""
_ASIDE: Final = 2
"""Threads for questions that are about no file."""
_OF_THE_MACHINE: Final = (OSError, MemoryError, DaemonError, ModelError)


class AnsweringWorker(Worker):  # type: ignore[misc] # as untyped as Dask is
    """A worker of Dask's that answers coordinators directly, from a `Station`.

    The scheduler knows who is there, and sees none of it: a question and its answer are one message each,
    where a task of Dask's is ten and goes through the scheduler.

    Parameters
    ----------
    station : Station
    *arguments, **options
        As of `distributed.Worker`.
    """

    def __init__(self, *arguments: Any, station: Station, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._station = station
        self._answering = ThreadPoolExecutor(self.state.nthreads, thread_name_prefix="answer")
        self._about_no_file = ThreadPoolExecutor(_ASIDE, thread_name_prefix="facts")  # waits for no file
        self._questions: set[asyncio.Future[Any]] = set()
        self._is_leaving = False
        self.handlers[QUESTION] = self._on_question

    async def finish(self, within_s: float) -> None:
        """Begin nothing more, and wait for what has begun: no file is then suspected of its end.

        Parameters
        ----------
        within_s : float
            Longest wait, seconds.
        """
        self._is_leaving = True
        if self._questions:
            await asyncio.wait(self._questions, timeout=within_s)
            await asyncio.sleep(_FLUSH_S)

    async def close(self, *arguments: Any, **options: Any) -> Any:
        """End as Dask's worker does, and the threads with it."""
        for threads in (self._answering, self._about_no_file):
            threads.shutdown(wait=False, cancel_futures=True)
        return await super().close(*arguments, **options)

    async def _on_question(self, name: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
        """Have the station asked in a thread; what went wrong there is reported, by name."""
        loop = asyncio.get_running_loop()
        try:
            question = Question(name)
            ask = partial(self._ask, question, getattr(self._station, question), arguments)
            threads = self._answering if question is Question.ANSWER else self._about_no_file
            asked = loop.run_in_executor(threads, ask)
            self._questions.add(asked)
            asked.add_done_callback(self._questions.discard)
            return {"answer": to_serialize(await asked)}
        except Exception as error:  # noqa: BLE001 -- whatever it is, no file's answer
            return {
                "failure": type(error).__name__,
                "words": words_of(error),
                "is_of_machine": isinstance(error, _OF_THE_MACHINE),
            }

    def _ask(self, question: Question, method: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if self._is_leaving and question is Question.ANSWER:
            raise LeavingError
        return method(*arguments)


def run_scheduler(
    host: str, port: int, security: Security | None, dashboard: str | None, announce: Callable[[str], None]
) -> None:
    """Be the scheduler of a cluster.

    Parameters
    ----------
    host : str
        Address to listen at.
    port : int
        0 takes a free one.
    security : distributed.Security or None
        None: unencrypted.
    dashboard : str or None
        ``127.0.0.1:PORT`` for Dask's own pages.
    announce : callable
        Called with the address once it can be reached.

    Raises
    ------
    ConfigurationError
        It cannot listen there.
    """

    async def serve() -> None:
        stop = _stop_event()
        async with Scheduler(
            host=host,
            port=port,
            protocol="tcp" if security is None else "tls",
            security=security,
            dashboard_address=dashboard or _NOT_WATCHED,
            dashboard=dashboard is not None,
        ) as scheduler:
            announce(scheduler.address)
            await stop.wait()

    _quieten()
    try:
        asyncio.run(serve())
    except (OSError, RuntimeError) as error:
        raise ConfigurationError(
            f"the scheduler cannot listen at {host}:{port} ({_cause(error)}): name a free address of this "
            "machine"
        ) from None


def run_worker(
    scheduler: str,
    security: Security | None,
    *,
    name: str | None,
    host: str | None,
    threads: int,
    cache: Path,
    scratch: Path,
    announce: Callable[[str], None],
    on_trouble: Callable[[str], None],
) -> None:
    """Be a worker; it waits for its scheduler, and for its return.

    Parameters
    ----------
    scheduler : str
        Its address.
    security : distributed.Security or None
    name : str or None
        Shown in status and metrics; None: its address.
    host : str or None
        Address at which coordinators and the scheduler reach this worker; None: the one towards the
        scheduler.
    threads : int
        Files at once.
    cache, scratch : Path
        As of `Station`.
    announce : callable
        Called with its address whenever it is connected.
    on_trouble : callable
        Called with what was seen when it could not be connected; it is tried again.
    """
    dask.config.set(
        {
            "distributed.worker.memory.target": False,  # what a worker holds is small; children have limits
            "distributed.worker.memory.spill": False,
            "distributed.worker.memory.pause": False,
            "distributed.worker.memory.terminate": False,
        }
    )

    async def serve() -> None:
        stop, station = _stop_event(), Station(threads, cache, scratch, name)
        stopped = asyncio.ensure_future(stop.wait())
        connections: list[AnsweringWorker] = []

        async def connected() -> None:
            """Be known to one scheduler until it ends: Dask's worker ends with it."""
            async with AnsweringWorker(
                scheduler,
                station=station,
                name=name,
                host=host or get_ip(urlsplit(scheduler).hostname),  # else it listens on every address
                nthreads=threads,
                security=security,
                memory_limit=0,
                local_directory=str(scratch),
                dashboard_address=_NOT_WATCHED,
                death_timeout=_AWAY_S,
            ) as worker:
                announce(worker.address)
                connections.append(worker)
                try:
                    await worker.finished()
                finally:
                    connections.clear()

        try:
            while not stop.is_set():
                connection = asyncio.ensure_future(connected())
                await asyncio.wait({connection, stopped}, return_when=asyncio.FIRST_COMPLETED)
                for worker in connections:  # of one that ended there is none
                    await worker.finish(_FINISH_S)
                connection.cancel()
                with suppress(asyncio.CancelledError):
                    await _ended(connection, on_trouble)
                if not stop.is_set():
                    await asyncio.wait({stopped}, timeout=_AGAIN_S)
        finally:
            station.close()

    _quieten()
    asyncio.run(serve())


async def _ended(connection: "asyncio.Future[None]", on_trouble: Callable[[str], None]) -> None:
    """Wait for the end of a connection; that it could not be made is reported, and tried again."""
    try:
        await connection
    except (OSError, TimeoutError, RuntimeError) as error:
        on_trouble(_cause(error))


def _cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"


def _stop_event() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _quieten() -> None:
    """Leave out of the log what Dask says of its own life: we say what matters."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
