"""A coordinator's side of a cluster: one thread that knows the workers and hands them files."""

import hashlib
import queue
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import structlog

from daemon.execution.dask.crew import WANTED
from daemon.execution.dask.errand import Errand
from daemon.execution.dask.handing_out import DecodeHere, HandingOut, TakeIn
from daemon.execution.dask.interview import interview
from daemon.execution.dask.link import ClusterAwayError
from daemon.execution.dask.plan import Plan
from daemon.execution.dask.roster import Roster
from daemon.execution.dask.session import Session

_EVERY_S: Final = 0.5
"""Between two questions to the scheduler which workers there are."""
_WORD_EVERY_S: Final = 3.0
"""Between two words to the scheduler of how many files there are."""
_AGAIN_S: Final = 1.0
"""Between two tries to reach it."""
_SILENT_S: Final = 3.0
"""So long a lack is no news: workers come and go."""

_log = structlog.get_logger()


class Cluster:
    """Have files answered by workers until it is closed.

    Parameters
    ----------
    plan : Plan
    take_in : callable
        Called with each answer, in a thread of ours, before its future has it.
    decode_here : callable
        Decodes a file in children of this machine.
    on_lack : callable
        Called with why no file can be answered, once that has lasted; and with None when one can again.
    """

    def __init__(
        self, plan: Plan, take_in: TakeIn, decode_here: DecodeHere, on_lack: Callable[[str | None], None]
    ) -> None:
        self._plan = plan
        self._on_lack = on_lack
        self._roster = Roster()
        self._files = HandingOut(plan, self._roster, take_in, decode_here)
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._session: Session | None = None
        self._next_look = self._next_try = 0.0
        self._lack: str | None = f"the scheduler {plan.address} was not reached yet"
        self._name = _name_of(plan)
        self._next_word, self._last_word, self._words = 0.0, 0, 0
        self._lacks_since: float | None = None
        self._is_reported = False
        self._is_closing = threading.Event()
        self._is_over, self._ending = threading.Event(), threading.Lock()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="cluster", daemon=True)
        self._thread.start()

    @property
    def threads(self) -> int:
        """How many files the cluster decodes at once."""
        return self._roster.threads

    def send(self, errand: Errand) -> None:
        """Have a file answered; returns at once.

        Parameters
        ----------
        errand : Errand
        """
        self._events.put(lambda: self._files.add(errand))
        if self._is_over.is_set():  # nothing takes it any more
            self._end()

    def described(self) -> dict[str, Any]:
        """Say how the cluster is, for the status.

        Returns
        -------
        dict
            ``scheduler``, ``lack`` if no file can be answered, and ``workers``: of each its address, host,
            name, threads, files, why it gets none, and whether it sees the spool; and ``answered``, files
            by the name or host of who answered them.
        """
        return {
            "scheduler": self._plan.address,
            "lack": self._lack,
            "answered": dict(self._files.answered),
            "workers": [
                {
                    "worker": one.address,
                    "name": one.label,
                    "host": one.facts.host if one.facts else None,
                    "threads": one.threads,
                    "files": len(one.errands),
                    "sees_spool": one.facts.sees_spool if one.facts else None,
                    "refused": one.refusal,
                }
                for one in list(self._roster.members.values())
            ],
        }

    def close(self) -> None:
        """Cancel what has no answer, and leave the cluster."""
        self._is_closing.set()
        self._events.put(lambda: None)
        self._thread.join()

    def _run(self) -> None:
        """Be the thread; if it fails, no file waits for it for ever."""
        try:
            while not self._is_closing.is_set():
                self._pass()
        except BaseException as error:
            self._failure = error
            raise
        finally:
            self._forget_workers()
            self._end()
            if self._session is not None:
                self._session.close()

    def _end(self) -> None:
        """End with all files that wait; also with one that comes after the thread's end."""
        self._is_over.set()
        with self._ending:
            with suppress(queue.Empty):
                while True:
                    self._events.get_nowait()()
            self._files.give_up(self._failure)

    def _pass(self) -> None:
        try:
            with suppress(queue.Empty):
                self._events.get(timeout=_EVERY_S)()
                while True:
                    self._events.get_nowait()()
            session = self._connected()
            if session is not None:
                self._look(session)
                self._files.start(session)
        except ClusterAwayError as error:
            self._disconnect(str(error))
        self._report()

    def _connected(self) -> Session | None:
        """Return the session; None while it is too early to try again."""
        if self._session is None and time.monotonic() >= self._next_try:
            self._next_try = time.monotonic() + _AGAIN_S
            self._session = Session(self._plan.connect(), self._events.put)
            _log.info("cluster_connected", scheduler=self._plan.address)
        return self._session

    def _look(self, session: Session) -> None:
        """Learn which workers there are; files of those that left go to others."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _EVERY_S
        came, left = self._roster.compare(session.link.threads())
        self._leave_word(session)
        for member in left:
            _log.warning("worker_left", worker=member.address, files=len(member.errands))
            self._files.take_back(member, is_death=True)
        for member in self._roster.members.values():
            if member in came or (member.ask_again_at is not None and member.ask_again_at < now):
                interview(member, session, self._plan)

    def _leave_word(self, session: Session) -> None:
        """Let those who start workers know how many files there are for them."""
        if time.monotonic() >= self._next_word or self._files.files > 2 * self._last_word:
            self._last_word, self._next_word = self._files.files, time.monotonic() + _WORD_EVERY_S
            self._words += 1
            session.link.leave(WANTED, self._name, (self._last_word, self._words))

    def _disconnect(self, cause: str) -> None:
        """Go on without the scheduler: all its tasks went with it, but no worker did."""
        if self._session is not None:
            _log.warning("cluster_lost", scheduler=self._plan.address, cause=cause)
            self._session.close()
        self._session, self._next_look = None, 0.0
        self._lack = f"the scheduler {self._plan.address} cannot be reached ({cause})"
        self._forget_workers()

    def _forget_workers(self) -> None:
        for member in self._roster.clear():
            self._files.take_back(member, is_death=False)

    def _report(self) -> None:
        """Report a lack that lasts, and its end."""
        if self._session is not None:
            self._lack = self._roster.lack()
        now = time.monotonic()
        if self._lack is None:
            self._lacks_since = None
            if self._is_reported:
                self._is_reported = False
                self._on_lack(None)
            return
        self._lacks_since = self._lacks_since or now
        if not self._is_reported and now - self._lacks_since >= _SILENT_S:
            self._is_reported = True
            self._on_lack(self._lack)


def _name_of(plan: Plan) -> str:
    """Name this coordinator: the same after each start, and no path of it."""
    return hashlib.sha256(socket.gethostname().encode() + b"\0" + plan.probe.path).hexdigest()[:16]
