"""How a daemon is asked to end, by events that its parts look at, and how a command is: by signals."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Shutdown:
    """What is set when the daemon shall end.

    Attributes
    ----------
    wake : threading.Event
        Set by any thread that has something for the loop's next pass.
    stop : threading.Event
        Set to ask for an orderly end.
    give_up : threading.Event
        Set when waiting for the database must end.
    is_starting : bool
        True until the loop runs: a start that waits for the database gives up at once.
    """

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.stop = threading.Event()
        self.give_up = threading.Event()
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
