"""What the system lacks for decoding: a process, memory or a descriptor; and how long a file waits for it.

That nothing can be decoded is no fault of the file whose turn it is (fault 78).
"""

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

from daemon.errors import NoDecoderError, errno_name

_T = TypeVar("_T")

AGAIN_S: Final = 0.5
"""Between two tries to get what is lacking, seconds."""
_PATIENCE_S: Final = 30.0
_REPORT_S: Final = 3.0
_ENDED: Final = "ended at its start"


class PoolClosedError(Exception):
    """The pool was closed before the call had its answer."""


class Lack:
    """What the system lacks; thread-safe.

    Parameters
    ----------
    closed : threading.Event
        Set once nothing more is to be waited for.
    """

    def __init__(self, closed: threading.Event) -> None:
        self._closed = closed
        self._lock = threading.Lock()
        self._lacking: set[int] = set()  # the threads whose wait is reported
        self._on_change: Callable[[str | None], None] | None = None

    def report_to(self, on_change: Callable[[str | None], None]) -> None:
        """Let files wait as long as it takes, and report it instead.

        Parameters
        ----------
        on_change : callable
            Called with what the system answers, once a file has waited for three seconds; and with None when
            none waits any more. In a thread of the pool, one call at a time; must be short. While one child
            lives, files wait for that one, and not here for another that cannot begin.
        """
        self._on_change = on_change

    def wait_for(self, attempt: Callable[[], _T]) -> _T:
        """Try until the system gives what is needed.

        Parameters
        ----------
        attempt : callable
            Raises while it is lacking.

        Returns
        -------
        object
            What the attempt gave.

        Raises
        ------
        NoDecoderError
            The system lacked it for half a minute, and it is reported to no caller.
        PoolClosedError
            The pool was closed meanwhile.
        """
        began = time.monotonic()
        try:
            while not self._closed.is_set():
                try:
                    return attempt()
                except Exception as error:  # noqa: BLE001 - whatever it is, it is not the file's fault
                    self._is_lacking(_cause_of(error), time.monotonic() - began)
                self._closed.wait(AGAIN_S)
        finally:
            self._lacks_no_more()
        raise PoolClosedError

    def _is_lacking(self, cause: str, waited_s: float) -> None:
        if self._on_change is None:
            if waited_s >= _PATIENCE_S:
                raise NoDecoderError(cause)
        elif waited_s >= _REPORT_S:
            with self._lock:  # over the call too: a pause that is reported after its end would never end
                is_first = not self._lacking
                self._lacking.add(threading.get_ident())
                if is_first:
                    self._on_change(cause)

    def _lacks_no_more(self) -> None:
        """End what this thread has reported; while others wait, it goes on."""
        if threading.get_ident() not in self._lacking:
            return
        with self._lock:
            self._lacking.discard(threading.get_ident())
            if not self._lacking and self._on_change is not None:
                self._on_change(None)


def _cause_of(error: Exception) -> str:
    return errno_name(error) if isinstance(error, OSError) and error.errno else _ENDED
