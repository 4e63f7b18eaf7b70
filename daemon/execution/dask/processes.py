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

from daemon.errors import DaemonError, errno_name
from daemon.execution.dask.messages import QUESTION, Question
from daemon.execution.dask.station import Station
from model.errors import ModelError

_NOT_WATCHED: Final = "127.0.0.1:0"
"""Dask's own pages listen on every address by default; they show file names."""
_AWAY_S: Final = "24 hours"
_AGAIN_S: Final = 1.0


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
        self._asked = ThreadPoolExecutor(self.state.nthreads, thread_name_prefix="answer")
        self.handlers[QUESTION] = self._on_question

    async def _on_question(self, name: str, arguments: tuple[Any, ...]) -> dict[str, Any]:
        """Have the station asked in a thread; what went wrong there is reported, by name."""
        loop = asyncio.get_running_loop()
        try:
            ask = partial(getattr(self._station, Question(name)), *arguments)
            return {"answer": to_serialize(await loop.run_in_executor(self._asked, ask))}
        except Exception as error:  # noqa: BLE001 -- whatever it is, no file's answer
            return {"failure": type(error).__name__, "words": words_of(error)}


def words_of(error: Exception) -> str:
    """Say what went wrong, without a name of a file and without what stands in one: it goes into logs.

    Parameters
    ----------
    error : Exception

    Returns
    -------
    str
        The words of an error of our own, the code of one of the system; empty for any other.
    """
    if isinstance(error, OSError):
        return errno_name(error)
    return str(error) if isinstance(error, (DaemonError, ModelError)) else ""


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
    asyncio.run(serve())


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
        stop, station = _stop_event(), Station(threads, cache, scratch)
        stopped = asyncio.ensure_future(stop.wait())

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
                await worker.finished()

        try:
            while not stop.is_set():
                connection = asyncio.ensure_future(connected())
                await asyncio.wait({connection, stopped}, return_when=asyncio.FIRST_COMPLETED)
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
        cause: BaseException = error
        while cause.__cause__ is not None:
            cause = cause.__cause__
        on_trouble(f"{type(cause).__name__}: {cause}")


def _stop_event() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _quieten() -> None:
    """Leave out of the log what Dask says of its own life: we say what matters."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
