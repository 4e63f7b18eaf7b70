"""What is counted of peers and what they sent, since the process began; for any thread."""

import threading
from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted until a moment.

    Attributes
    ----------
    stored : int
        Objects that were answered with success.
    received_bytes : int
        Of all messages.
    refused : dict of str to int
        Objects, by status as four hexadecimal digits.
    rejected : dict of str to int
        Connections that became no association, by a word for why.
    ended : dict of str to int
        Associations, by a word for how.
    opened : int
        Associations, ever; less what ended they are open.
    """

    stored: int
    received_bytes: int
    refused: dict[str, int]
    rejected: dict[str, int]
    ended: dict[str, int]
    opened: int


class Tally:
    """Counts what happens."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stored = self._bytes = self._opened = 0
        self._refused: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()

    def took(self, received_bytes: int) -> None:
        """Count the bytes of a message.

        Parameters
        ----------
        received_bytes : int
        """
        with self._lock:
            self._bytes += received_bytes

    def answered(self, status: int) -> None:
        """Count the answer to an object.

        Parameters
        ----------
        status : int
        """
        with self._lock:
            if status == 0:
                self._stored += 1
            else:
                self._refused[f"{status:04X}"] += 1

    def rejected(self, why: str) -> None:
        """Count a connection that became no association.

        Parameters
        ----------
        why : str
            A word of ours.
        """
        with self._lock:
            self._rejected[why] += 1

    def opened(self) -> None:
        """Count an association."""
        with self._lock:
            self._opened += 1

    def ended(self, how: str) -> None:
        """Count the end of an association.

        Parameters
        ----------
        how : str
            A word of ours.
        """
        with self._lock:
            self._ended[how] += 1

    def counted(self) -> Counted:
        """Return what was counted until now.

        Returns
        -------
        Counted
        """
        with self._lock:
            return Counted(
                self._stored,
                self._bytes,
                dict(self._refused),
                dict(self._rejected),
                dict(self._ended),
                self._opened,
            )
