"""The life of the children: so many at a time, each asked by a thread of its own, made anew when it ends.

What forks them: `daemon.decoding.forkserver`. What they may do: `daemon.decoding.confine`.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from daemon.decoding.child import Child, Question, Request
from daemon.decoding.confine import Confinement
from daemon.decoding.forkserver import server
from daemon.decoding.lack import AGAIN_S, Lack, PoolClosedError
from daemon.decoding.limits import ChildLimits
from daemon.decoding.opening import open_regular
from daemon.decoding.serve import ChildPlan
from daemon.errors import NoDecoderError

_CLOSE_S = 5.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended.

    Parameters
    ----------
    value : object
        What the function gave.
    error : BaseException or None
        What ended it instead: NoDecoderError, for which the file is not to blame, PoolClosedError, or what it
        did to its child.
    seconds : float
        How long a child was busy with it.
    """

    value: Any = None
    error: BaseException | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Work:
    """One thing that children do.

    Parameters
    ----------
    read : callable
        Reads the answer of a child: (text, array, limits).
    unopened : callable
        Gives the answer for a path that cannot be opened.
    """

    read: Callable[[bytes, bytearray, ChildLimits], Any]
    unopened: Callable[[bytes], Any]


@dataclass(slots=True, eq=False)
class _Call:
    function: Callable[..., Any]
    path: bytes
    limits: ChildLimits
    request: Request | None
    then: Callable[[Ended], None]


class ChildPool:
    """Call functions in disposable children, each with a file that is opened here.

    The first call starts them.

    Parameters
    ----------
    workers : int
        Number of children.
    memory_bytes : int
        Address space of each.
    tasks_per_child : int
        A child is renewed after so many calls.
    works : Mapping of callable to Work
        What they may be asked to do.
    send_s : float
        Longest time in which a child gives its answer to us after its deadline, seconds.
    is_confined : bool
        Whether they drop what decoding does not need; False for tests whose decoders leave marks.
    """

    def __init__(
        self,
        workers: int,
        memory_bytes: int,
        tasks_per_child: int,
        works: Mapping[Callable[..., Any], Work],
        *,
        send_s: float = 10.0,
        is_confined: bool = True,
    ) -> None:
        self._send_s = send_s
        self._workers, self._tasks_per_child = workers, tasks_per_child
        self._works = dict(works)
        self._functions = tuple(works)
        self._plan = ChildPlan(memory_bytes, self._functions, is_confined)
        self._context = server()
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._starting = threading.Lock()  # multiprocessing's records are not made for several threads
        self._waiting: deque[_Call] = deque()
        self._children: set[Child] = set()
        self._threads: list[threading.Thread] = []
        self._confinement: Confinement | None = None
        self._closed = threading.Event()
        self.lack = Lack(self._closed)
        """What the system lacks for it."""

    @property
    def pids(self) -> list[int]:
        """Process ids of the children that live."""
        with self._lock:
            children = list(self._children)
        return [child.pid for child in children if child.is_alive()]

    def confinement(self, timeout_s: float) -> Confinement | None:
        """Return what holds for the children, once the first has begun.

        Parameters
        ----------
        timeout_s : float

        Returns
        -------
        Confinement or None
            None if none began in time.
        """
        with self._lock:
            self._changed.wait_for(lambda: self._confinement is not None or self._closed.is_set(), timeout_s)
            return self._confinement

    def open(self) -> None:
        """Start the children, unless they run."""
        with self._lock:
            if self._threads or self._closed.is_set():
                return
            self._threads = [threading.Thread(target=self._keep, daemon=True) for _ in range(self._workers)]
            for thread in self._threads:
                thread.start()

    def call(
        self, function: Callable[..., Any], arguments: tuple[Any, ...], then: Callable[[Ended], None]
    ) -> None:
        """Call a function in a child, in the order of the calls.

        Parameters
        ----------
        function : callable
            One of the pool's works; it gets a descriptor instead of the path.
        arguments : tuple
            The path, bytes; the limits, ChildLimits; and a request, if it takes one.
        then : callable
            Called once, whatever happens, in a thread of ours or in the caller's.
        """
        path, limits, *request = arguments
        call = _Call(function, path, limits, request[0] if request else None, then)
        self.open()
        with self._lock:
            is_closed = self._closed.is_set()
            if not is_closed:
                self._waiting.append(call)
                self._changed.notify_all()  # one alone may have no child
        if is_closed:
            then(Ended(error=PoolClosedError()))

    def close(self) -> None:
        """End every child now."""
        with self._lock:
            self._closed.set()
            waiting, children = list(self._waiting), list(self._children)
            self._waiting.clear()
            self._changed.notify_all()
        for child in children:
            child.kill()
        for call in waiting:
            call.then(Ended(error=PoolClosedError()))
        until = time.monotonic() + _CLOSE_S
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, until - time.monotonic()))

    def _keep(self) -> None:
        """Keep one child, and ask it about one file after the other; a thread's whole life.

        A file stays among the waiting ones until there is a child for it: the next that is free takes it.
        """
        child = self._start()
        while self._is_waited_for():
            if child is not None and not child.is_alive():
                self._part(child)
                child = None
            try:
                child = child or self.lack.wait_for(self._begun_if_needed)
            except (NoDecoderError, PoolClosedError) as error:
                self._end_first(error)
                continue
            if child is None:
                self._closed.wait(AGAIN_S)  # another child takes what waits
            elif (call := self._take()) is not None:
                ended = self._ask(child, call)
                call.then(ended)
                if ended.error is not None or child.answered >= self._tasks_per_child:
                    self._part(child)
                    child = self._start()
        if child is not None:
            self._part(child)

    def _is_waited_for(self) -> bool:
        """Wait for a call; return False once the pool is closed."""
        with self._lock:
            self._changed.wait_for(lambda: self._waiting or self._closed.is_set())
            return not self._closed.is_set()

    def _take(self) -> _Call | None:
        """Return the call whose turn it is; None if another thread was faster."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _end_first(self, error: Exception) -> None:
        call = self._take()
        if call is not None:
            call.then(Ended(error=error))

    def _begun_if_needed(self) -> Child | None:
        """Start a child; None if there can be none, and another lives: nothing is lacking then."""
        try:
            return self._begun()
        except Exception:
            if self.pids:
                return None
            raise

    def _start(self) -> Child | None:
        """Start a child; None if there can be none now: the next file tries it again."""
        try:
            return None if self._closed.is_set() else self._begun()
        except Exception:  # noqa: BLE001 - this thread goes on
            return None

    def _begun(self) -> Child:
        child = Child(self._context, self._starting, self._plan)
        with self._lock:
            self._children.add(child)
            self._confinement = self._confinement or child.confinement
            self._changed.notify_all()
        if self._closed.is_set():
            child.kill()
        return child

    def _part(self, child: Child) -> None:
        with self._lock:
            self._children.discard(child)
        child.end(wait_s=0.0 if self._closed.is_set() else 1.0)

    def _ask(self, child: Child, call: _Call) -> Ended:
        """Ask a child about a file: whatever the file does to it is an answer."""
        work = self._works[call.function]
        try:
            descriptor = self.lack.wait_for(lambda: open_regular(call.path))
        except (NoDecoderError, PoolClosedError) as error:
            return Ended(error=error)
        if descriptor is None:
            return Ended(work.unopened(call.path))
        started = time.monotonic()
        value: Any = None
        failure: BaseException | None = None
        try:
            number = self._functions.index(call.function)
            question = Question(number, descriptor, call.limits, call.request, work.read)
            value = child.ask(question, self._send_s)
        except Exception as caught:  # noqa: BLE001 - the boundary
            failure = PoolClosedError() if self._closed.is_set() else caught
        finally:
            os.close(descriptor)
        return Ended(value, failure, time.monotonic() - started)
