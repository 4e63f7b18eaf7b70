"""Disposable children that turn files into network input, and the one boundary around them.

Pebble runs the children. What it does not do is done here: a child that is killed while idle breaks its
whole pool and leaves files that it had not yet looked at without any answer, and one that is killed while it
answers silences all others (the pool is made anew and its files are tried again), its deadlines follow the
wall clock (the kernel's timer in the child keeps them instead), and children started by fork would inherit
the daemon's lock (so: forkserver).
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self

from pebble import ProcessExpired, ProcessPool

from daemon import decode_child
from daemon.convert_child import Order, convert_file
from daemon.decode_child import ChildLimits, Decoded
from daemon.draw_child import Drawing, draw_file
from daemon.lanes import Lanes, ordinary, second
from daemon.settle import Look, look_at
from model.completeness import Completeness

Examined = tuple[Look, Completeness] | None
_SEND_S = 10.0  # in which a child gives its answer to us, however large that is
_PROBE_S = 1.0
_LOOK_S = 0.1  # between two looks at whether a pool still lives; pebble's own threads look as often
_WITHOUT_LANES = (decode_child.examine_file, decode_child.hash_file)
_POOL_LIVES = 3  # times that one file may see its pool break before it is blamed


@dataclass(slots=True, eq=False)
class _Task:
    function: Callable[..., Any]
    path: bytes
    answer: "Future[Any]" = field(default_factory=Future)
    slow_since: float | None = None
    alone: bool = False
    lives: int = _POOL_LIVES
    blame: str = ""
    order: tuple[Any, ...] = ()


class DecoderPool:
    """Decode files in child processes; an answer is always a value, whatever the file did to its child.

    Parameters
    ----------
    workers : int
        Number of children.
    limits : ChildLimits
        What one file may use.
    tasks_per_child : int
        A child is renewed after so many files.
    decode : callable
        What a child does with a claimed file; it is found by its name there.
    """

    def __init__(
        self,
        workers: int,
        limits: ChildLimits,
        *,
        tasks_per_child: int = 1000,
        decode: Callable[[bytes, ChildLimits], Decoded] = decode_child.decode_file,
    ) -> None:
        self.workers = workers
        self._limits, self._ordinary, self._second = limits, ordinary(limits), second(limits)
        self._tasks_per_child = tasks_per_child
        self._decode = decode
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["daemon.decode_child", "daemon.preloaded"])
        self._lock = threading.RLock()
        self._pool: ProcessPool | None = None
        self._minder: threading.Thread | None = None
        self._given: set[Future[Any]] = set()
        self._lanes: Lanes[_Task] = Lanes(max(1, workers // 2))
        self._closed = False

    def __enter__(self) -> Self:
        self._open_pool()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def slow(self) -> int:
        """How many files are in the slow lane; those behind them need not wait for them."""
        with self._lock:
            return self._lanes.slow

    def warm_up(self) -> None:
        """Start the children in the background, while the caller starts what it needs itself."""
        threading.Thread(target=self.examine, args=(os.fsencode(os.devnull),), daemon=True).start()

    def decode(self, path: bytes) -> "Future[Decoded]":
        """Hash and decode a claimed file.

        Parameters
        ----------
        path : bytes

        Returns
        -------
        Future of Decoded
            A crash, a deadline and a memory limit are tried once more, alone; then they are codes. Both tries
            together have the deadline.
        """
        return self._submit(_Task(self._decode, path))

    def convert(self, path: bytes, order: Order) -> "Future[Decoded]":
        """Write the pictures of a file.

        Parameters
        ----------
        path : bytes
        order : Order
            Where to, and how.

        Returns
        -------
        Future of Decoded
            As of `decode`, without inputs.
        """
        return self._submit(_Task(convert_file, path, order=(order,)))

    def draw(self, path: bytes, drawing: Drawing) -> "Future[Decoded]":
        """Write the pictures of a file with their heat maps; parameters and answer are as of `convert`."""
        return self._submit(_Task(draw_file, path, order=(drawing,)))

    def examine(self, path: bytes) -> "Future[Examined]":
        """Look at the structure of a file in the inbox.

        Returns
        -------
        Future of (Look, Completeness), or None
            None if the file is gone; a file that breaks its child is of no format of ours.
        """
        return self._submit(_Task(decode_child.examine_file, path))

    def close(self) -> None:
        """End every child now."""
        with self._lock:
            self._closed = True
            pool, self._pool = self._pool, None
            waiting = self._lanes.clear()
        for task in waiting:
            task.answer.cancel()
        if pool is not None and self._minder is not None:
            pool.stop()  # type: ignore[no-untyped-call] # pebble leaves it without types
            self._minder.join()

    def _open_pool(self) -> ProcessPool:
        with self._lock:
            if self._pool is None or not self._pool.active:
                self._pool = ProcessPool(
                    max_workers=self.workers,
                    max_tasks=self._tasks_per_child,
                    initializer=decode_child.start_child,
                    initargs=(self._limits.memory_bytes,),
                    context=self._context,
                )
                self._given = set()
                self._minder = threading.Thread(
                    target=self._mind, args=(self._pool, self._given), daemon=True
                )
                self._minder.start()
            return self._pool

    def _mind(self, pool: ProcessPool, given: "set[Future[Any]]") -> None:
        """Wait until a pool broke, fell silent or was stopped, and take back what it never answered."""
        probed = time.monotonic()
        while pool.active:
            time.sleep(_LOOK_S)
            if time.monotonic() > probed + _PROBE_S:
                if not _takes_answers(pool):
                    break
                probed = time.monotonic()
        pool.stop()  # type: ignore[no-untyped-call] # pebble leaves it without types
        pool.join()
        with self._lock:
            left = list(given)
        for future in left:
            future.cancel()

    def _submit(self, task: _Task) -> "Future[Any]":
        with self._lock:
            if self._closed:
                task.answer.cancel()
                return task.answer
            try:
                future = self._schedule(task)
            except RuntimeError:  # the pool broke since we asked
                future = self._schedule(task)
            given = self._given
            given.add(future)
            if task.function not in _WITHOUT_LANES:
                self._lanes.enter(task)
        future.add_done_callback(lambda done: self._answer(task, done, given))
        return task.answer

    def _schedule(self, task: _Task) -> "Future[Any]":
        limits = self._limits
        if task.function not in _WITHOUT_LANES and task.alone:
            limits = self._second
        elif task.function not in _WITHOUT_LANES and task.slow_since is None:
            limits = self._ordinary
        future: Future[Any] = self._open_pool().schedule(task.function, (task.path, limits, *task.order))
        return future

    def _answer(self, task: _Task, done: "Future[Any]", given: "set[Future[Any]]") -> None:
        given.discard(done)
        if self._closed:
            task.answer.cancel()
            return
        error = BrokenProcessPool() if done.cancelled() else done.exception()
        if error is None and _is_too_much(done.result()) and task.slow_since is None:
            self._slow_down(task)
        elif error is None:
            self._settle(task, done.result())
        elif isinstance(error, BrokenProcessPool) and task.lives > 0:
            task.lives -= 1
            self._submit(task)
        elif task.function is decode_child.examine_file:
            self._settle(task, _unknown_format(task.path))
        elif task.function is decode_child.hash_file:
            self._settle(task, Decoded.refused("failed", task.blame))
        elif task.alone or (task.slow_since is not None and _blame(error) == "deadline"):
            self._hash_only(task, _blame(error))
        else:
            task.alone = True
            self._slow_down(task)

    def _hash_only(self, task: _Task, code: str) -> None:
        """Give the row of a file that broke two children its hash at least, from a third."""
        task.function, task.order, task.blame = decode_child.hash_file, (), code
        self._submit(task)

    def _settle(self, task: _Task, value: object) -> None:
        if task.blame and isinstance(value, Decoded):
            value = replace(value, outcome="failed", error_code=task.blame)
        with self._lock:
            self._lanes.leave(task)
            self._start_slow()
        if not task.answer.cancelled():
            task.answer.set_result(value)

    def _slow_down(self, task: _Task) -> None:
        """Queue a file that is more than an ordinary scan, or that broke its child."""
        with self._lock:
            self._lanes.slow_down(task)
            self._start_slow()

    def _start_slow(self) -> None:
        for task in self._lanes.starting():
            self._submit(task)


def _takes_answers(pool: ProcessPool) -> bool:
    """Tell whether children can answer.

    One that is killed while it answers, as by a kernel that is short of memory, keeps the lock on the only
    pipe and leaves half an answer in it: pebble would wait for the other half for ever (fault 54).
    """
    channel = pool._pool_manager.worker_manager.workers_channel  # noqa: SLF001 - it tells nobody
    if channel is None:
        return True  # it has no children yet
    try:
        with channel.lock(timeout=_SEND_S) as taken:
            return bool(taken)
    except AttributeError:  # somebody closed it since
        return False


def _is_too_much(value: object) -> bool:
    return isinstance(value, Decoded) and value.error_code == "too_large"


def _blame(error: BaseException) -> str:
    """Say in a code what ended a child: the one place where any error at all is an answer."""
    if isinstance(error, MemoryError):
        return "out_of_memory"
    if isinstance(error, ProcessExpired) and error.exitcode == -signal.SIGALRM:
        return "deadline"
    return "decoder_crashed"


def _unknown_format(path: bytes) -> Examined:
    try:
        look = look_at(path)
    except OSError:
        return None
    return None if look is None else (look, Completeness.UNKNOWN)
