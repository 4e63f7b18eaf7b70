"""Lines on a terminal, and below them one that is written anew as things go on."""

import threading
from typing import Final

from daemon.logs import Lines

_ERASE: Final = "\r\x1b[K"
"""To the line's beginning, and nothing right of it: ECMA-48 EL."""


class LiveLine:
    """Writes lines above a live one; thread-safe.

    Parameters
    ----------
    stream : Lines
        The terminal.
    can_erase : bool
        The terminal can; else there is no live line.
    """

    def __init__(self, stream: Lines, *, can_erase: bool) -> None:
        self._stream = stream
        self._can_erase = can_erase
        self._shown = ""
        self._lock = threading.RLock()  # a signal's handler may log while its own thread writes

    def write(self, text: str) -> None:
        """Write whole lines above the live one.

        Parameters
        ----------
        text : str
            Ends with a line feed.
        """
        with self._lock:
            self._stream.write(f"{_ERASE}{text}{self._shown}" if self._shown else text)

    def flush(self) -> None:
        """Do nothing: each text is written at once."""

    def show(self, text: str) -> None:
        """Write the live line anew, if it is another one.

        Parameters
        ----------
        text : str
            Fits into one line of the terminal; empty for none.
        """
        with self._lock:
            if self._can_erase and text != self._shown:
                self._stream.write(_ERASE + text)
                self._shown = text

    def close(self) -> None:
        """Take the live line away."""
        self.show("")
