"""How a daemon is asked to end, by events that its parts look at, and how a command is: by signals."""

import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from math import ceil
from types import FrameType
from weakref import finalize


class SignalSafeEvent(threading.Event):
    """An event that a signal's handler may set at any moment.

    That of the standard library takes a lock to be set: a handler that runs while its own thread holds this
    lock, as in `wait` and `clear`, waits for itself for ever. This one is a counter of the kernel's, which
    needs no lock and misses nothing.

    References
    ----------
    eventfd(2), signal-safety(7).
    """

    def __init__(self) -> None:
        super().__init__()
        self._counter = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        finalize(self, os.close, self._counter)

    def set(self) -> None:
        """Set it."""
        with suppress(BlockingIOError):  # it was set 2**64 times
            os.eventfd_write(self._counter, 1)

    def clear(self) -> None:
        """Take all that was set before back."""
        with suppress(BlockingIOError):  # it was not set
            os.eventfd_read(self._counter)

    def is_set(self) -> bool:
        """Return whether it is set.

        Returns
        -------
        bool
        """
        return self.wait(0.0)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set.

        Parameters
        ----------
        timeout : float, optional
            Seconds, at most; else as long as it takes.

        Returns
        -------
        bool
            Whether it is set.
        """
        poll = select.poll()  # one a call: threads may not share it
        poll.register(self._counter, select.POLLIN)
        return bool(poll.poll(None if timeout is None else max(0, ceil(1000 * timeout))))


class Shutdown:
    """What is set when the daemon shall end.

    Attributes
    ----------
    wake : SignalSafeEvent
        Set by any thread that has something for the loop's next pass.
    stop : SignalSafeEvent
        Set to ask for an orderly end.
    give_up : SignalSafeEvent
        Set when waiting for the database must end.
    is_starting : bool
        True until the loop runs: a start that waits for the database gives up at once.
    """

    def __init__(self) -> None:
        self.wake = SignalSafeEvent()
        self.stop = SignalSafeEvent()
        self.give_up = SignalSafeEvent()
        self.is_starting = True

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Let the first SIGTERM, SIGINT or SIGHUP ask for an end, and a second SIGTERM or SIGINT be it.

        A SIGHUP that is ignored stays so, as under nohup(1); else a terminal that is closed asks too, and
        often twice: by the kernel and by the shell.

        Yields
        ------
        None
        """

        def asked(number: int, _: FrameType | None) -> None:
            if number == signal.SIGHUP:
                _leave_closed_terminal()
            elif self.stop.is_set():
                os._exit(128 + number)
            self.stop.set()
            self.wake.set()
            if self.is_starting:
                self.give_up.set()

        numbers = [signal.SIGTERM, signal.SIGINT]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        former = {number: signal.signal(number, asked) for number in numbers}
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


def _leave_closed_terminal() -> None:
    """Point output to nothing if its terminal is gone: the log's next line would be an error (EIO)."""
    for descriptor in (1, 2):
        try:
            os.write(descriptor, b"")
        except OSError:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, descriptor)
            os.close(nothing)


@contextmanager
def leaving_on_signals() -> Iterator[Callable[[], None]]:
    """Let SIGTERM and SIGHUP leave a command as an error does, so that what it made for itself goes.

    The first one counts: later ones do not interrupt the cleaning up. One that is ignored stays so: nohup(1).
    What runs when the signal comes may swallow the error, as the import of a Cython module does: work that
    takes long asks again between its steps.

    Yields
    ------
    callable
        Raises that SystemExit again, if a signal came.

    Raises
    ------
    SystemExit
        With 128 and the signal's number: one came.
    """
    numbers = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) != signal.SIG_IGN]
    came: list[int] = []

    def leave(number: int, _: FrameType | None) -> None:
        for one in numbers:
            signal.signal(one, signal.SIG_IGN)
        came.append(number)
        leave_if_asked()

    def leave_if_asked() -> None:
        if came:
            raise SystemExit(128 + came[0])

    former = {number: signal.signal(number, leave) for number in numbers}
    try:
        yield leave_if_asked
        leave_if_asked()
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
