"""Where the thread of an association rests while a message is exchanged, so that it takes no answer away.

pynetdicom 3.0.4 has its thread rest at an event of the standard library, and takes a word for whether it
does: "is paused". That word is still true for a moment after the thread was let go. Who sends the next
message in that moment, and is answered fast, loses the answer to the thread ("unexpected C-STORE service
message"), waits for it until the time-out, and sends the object again. Here the thread rests before the
next message is sent.
"""

import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pynetdicom.association import Association

_LOOK_EVERY_S: Final = 0.05


class Checkpoint:
    """An event at which one thread rests; who clears it waits until it does.

    Parameters
    ----------
    resting : threading.Thread
        The thread; one that does not run is not waited for.
    """

    def __init__(self, resting: threading.Thread) -> None:
        self._resting = resting
        self._changed = threading.Condition()
        self._is_open = True
        self._is_inside = False

    def is_set(self) -> bool:
        """Return whether the thread may pass.

        Returns
        -------
        bool
        """
        return self._is_open

    def set(self) -> None:
        """Let the thread pass."""
        with self._changed:
            self._is_open = True
            self._changed.notify_all()

    def clear(self) -> None:
        """Have the thread rest, and wait until it does."""
        with self._changed:
            self._is_open = False
            while (
                not self._is_inside
                and self._resting.is_alive()
                and self._resting is not threading.current_thread()
            ):
                self._changed.wait(_LOOK_EVERY_S)

    def wait(self, timeout: float | None = None) -> bool:
        """Rest until the thread may pass.

        Parameters
        ----------
        timeout : float, optional
            Seconds.

        Returns
        -------
        bool
            Whether it may.
        """
        with self._changed:
            self._is_inside = True
            self._changed.notify_all()
            may_pass = self._changed.wait_for(lambda: self._is_open, timeout)
            self._is_inside = False
            return may_pass


def rest_there(event: Any) -> None:
    """Give a new association its checkpoint; for the event of its connection.

    Parameters
    ----------
    event : pynetdicom.evt.Event
    """
    association: Association = event.assoc
    association._reactor_checkpoint = Checkpoint(association)  # type: ignore[assignment]  # noqa: SLF001
