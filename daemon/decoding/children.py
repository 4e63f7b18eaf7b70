"""The life of the children: a pool of them that breaks, falls silent or is closed, and is made anew.

Pebble runs the children. What it does not do is done here: a child that is killed while idle breaks its
whole pool and leaves calls that it had not yet looked at without any answer, and one that is killed while it
answers silences all others (the pool is made anew, and the calls end as broken), its deadlines follow the
wall clock (the kernel's timer in the child keeps them instead). What forks them:
`daemon.decoding.forkserver`.
"""

import fcntl
import threading
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pebble import ProcessPool

from daemon.decoding.child_setup import start_child
from daemon.decoding.forkserver import server

if TYPE_CHECKING:
    from concurrent.futures import Future

_PROBE_S = 1.0
_PIPE_BYTES = 1 << 20  # the most that Linux lets any user have
_LOOK_S = 0.1  # between two looks at whether a pool still lives; pebble's own threads look as often


class PoolClosedError(Exception):
    """The pool was closed before the call had its answer."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended.

    Parameters
    ----------
    value : object
        What the function gave.
    error : BaseException or None
        What ended it instead: BrokenProcessPool if the pool broke, for which it need not be to blame,
        PoolClosedError, or what it did to its child.
    seconds : float
        How long a child was busy with it, to a tenth.
    """

    value: Any = None
    error: BaseException | None = None
    seconds: float = 0.0


@dataclass(slots=True, eq=False)
class _Call:
    then: Callable[[Ended], None]
    started: float | None = None


class ChildPool:
    """Call functions in disposable children; the first call starts them.

    Parameters
    ----------
    workers : int
        Number of children.
    memory_bytes : int
        Address space of each.
    tasks_per_child : int
        A child is renewed after so many calls.
    send_s : float
        Longest time in which a child gives its answer to us, however large that is, seconds.
    """

    def __init__(
        self, workers: int, memory_bytes: int, tasks_per_child: int, *, send_s: float = 10.0
    ) -> None:
        self._send_s = send_s
        self._workers, self._memory_bytes, self._tasks_per_child = workers, memory_bytes, tasks_per_child
        self._context = server()
        self._lock = threading.RLock()
        self._pool: ProcessPool | None = None
        self._minder: threading.Thread | None = None
        self._given: dict[Future[Any], _Call] = {}
        self._is_closed = False

    def open(self) -> None:
        """Start what starts the children, unless it runs."""
        with self._lock:
            self._open_pool()

    def call(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], then: Callable[[Ended], None]
    ) -> None:
        """Call a function in a child, in the order of the calls.

        Parameters
        ----------
        function : callable
            Found by its name in the child.
        arguments : tuple
        then : callable
            Called once, whatever happens, in a thread of ours or in the caller's.
        """
        with self._lock:
            given, future = self._given, None
            if not self._is_closed:
                try:
                    future = self._open_pool().schedule(function, arguments)
                except RuntimeError:  # the pool broke since we asked
                    future = self._open_pool().schedule(function, arguments)
                given = self._given
                given[future] = _Call(then)
        if future is None:
            then(Ended(error=PoolClosedError()))
        else:
            future.add_done_callback(lambda done: self._ended(done, given))

    def close(self) -> None:
        """End every child now."""
        with self._lock:
            self._is_closed = True
            pool, self._pool = self._pool, None
        if pool is not None and self._minder is not None:
            pool.stop()  # type: ignore[no-untyped-call] # pebble leaves it without types
            self._minder.join()

    def _open_pool(self) -> ProcessPool:
        if self._pool is None or not self._pool.active:
            self._pool = ProcessPool(
                max_workers=self._workers,
                max_tasks=self._tasks_per_child,
                initializer=start_child,
                initargs=(self._memory_bytes,),
                context=self._context,
            )
            self._given = {}
            self._minder = threading.Thread(target=self._mind, args=(self._pool, self._given), daemon=True)
            self._minder.start()
        return self._pool

    def _mind(self, pool: ProcessPool, given: "dict[Future[Any], _Call]") -> None:
        """Wait until a pool broke, fell silent or was stopped, and take back what it never answered."""
        probed = time.monotonic()
        if pool.active:  # which starts it
            _widen(pool)
        while pool.active:
            time.sleep(_LOOK_S)
            self._note_starts(given)
            if time.monotonic() > probed + _PROBE_S:
                if not _takes_answers(pool, self._send_s):
                    break
                probed = time.monotonic()
        pool.stop()  # type: ignore[no-untyped-call] # pebble leaves it without types
        pool.join()
        with self._lock:
            left = list(given)
        for future in left:
            future.cancel()

    def _note_starts(self, given: "dict[Future[Any], _Call]") -> None:
        """Note which calls have begun; pebble begins them in their order, without a callback."""
        with self._lock:
            for future, call in given.items():
                if future.running() and call.started is None:
                    call.started = time.monotonic()
                elif not (future.running() or future.done()):
                    return

    def _ended(self, done: "Future[Any]", given: "dict[Future[Any], _Call]") -> None:
        with self._lock:
            call = given.pop(done)
            is_closed = self._is_closed
        seconds = 0.0 if call.started is None else time.monotonic() - call.started
        error = BrokenProcessPool() if done.cancelled() else done.exception()
        if is_closed:
            call.then(Ended(error=PoolClosedError()))
        elif error is not None:
            call.then(Ended(error=error, seconds=seconds))
        else:
            call.then(Ended(done.result(), seconds=seconds))


def _widen(pool: ProcessPool) -> None:
    """Let a child leave an answer of one frame, 100 kB, in the pipe, and go on: a pipe holds 64 kB by itself.

    References
    ----------
    fcntl(2) F_SETPIPE_SZ, pipe(7).
    """
    channel = pool._pool_manager.worker_manager.pool_channel  # noqa: SLF001 - it has no other access
    if channel is not None:
        with suppress(OSError):  # the user's pipes have their share: then a child waits for us as it did
            fcntl.fcntl(channel.reader.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _takes_answers(pool: ProcessPool, send_s: float) -> bool:
    """Return whether children can answer.

    One that is killed while it answers, as by a kernel that is short of memory, keeps the lock on the only
    pipe and leaves half an answer in it: pebble would wait for the other half for ever (fault 54).
    """
    channel = pool._pool_manager.worker_manager.workers_channel  # noqa: SLF001 - it has no other access
    if channel is None:
        return True  # it has no children yet
    try:
        with channel.lock(timeout=send_s) as taken:
            return bool(taken)
    except AttributeError:  # it was closed since
        return False
