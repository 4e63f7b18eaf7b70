"""How fast and when an archive is answered: others use the same share, the same network and the same disk."""

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from daemon.errors import UsageError

_HOURS: Final = re.compile(r"([01]?\d|2[0-4])-([01]?\d|2[0-4])")


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of the day, local time, in which files are begun; they may go over midnight.

    Parameters
    ----------
    first, end : int
        From the beginning of one hour to the beginning of another; 0 to 24.
    """

    first: int = 0
    end: int = 24

    @classmethod
    def parse(cls, text: str) -> "Hours":
        """Read such as ``19-07``.

        Parameters
        ----------
        text : str

        Returns
        -------
        Hours

        Raises
        ------
        UsageError
        """
        found = _HOURS.fullmatch(text.strip())
        hours = None if found is None else (int(found[1]), int(found[2]))
        if hours is None or (hours[0] % 24 == hours[1] % 24 and hours != (0, 24)):
            raise UsageError(f"{text!r} are no hours of the day: give such as 19-07, from 19:00 to 07:00")
        return cls(*hours)

    def holds(self, now: datetime) -> bool:
        """Return whether a moment lies within.

        Parameters
        ----------
        now : datetime
            Local.

        Returns
        -------
        bool
        """
        first, end = self.first % 24, self.end % 24
        if first == end:
            return True
        is_within = first <= now.hour < end
        return is_within if first < end else now.hour >= first or now.hour < end

    @property
    def share(self) -> float:
        """Of a day, 0 to 1."""
        return ((self.end - self.first) % 24 or 24) / 24


ALL_DAY: Final = Hours()


class Pace:
    """Says how many files may be begun now.

    Parameters
    ----------
    rate : float or None
        Files a second at most; None, or infinite: as many as there is room for.
    hours : Hours
    clock : callable
        Monotonic seconds.
    now : callable
        Local time.
    """

    def __init__(
        self,
        rate: float | None,
        hours: Hours,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._rate = None if rate is None or math.isinf(rate) else rate
        self._hours = hours
        self._clock, self._now = clock, now
        self._filled, self._tokens = clock(), 1.0

    @property
    def rests(self) -> bool:
        """Whether it is none of the hours."""
        return not self._hours.holds(self._now())

    def allowed(self, room: int) -> int:
        """Return how many files may be begun; those that are not begun are saved up for a second at most.

        Parameters
        ----------
        room : int
            More are not wanted.

        Returns
        -------
        int
        """
        if self.rests:
            return 0
        if self._rate is None:
            return room
        now = self._clock()
        self._tokens = min(self._tokens + (now - self._filled) * self._rate, max(1.0, self._rate))
        self._filled = now
        return min(room, int(self._tokens))

    def take(self, files: int) -> None:
        """Count files that were begun.

        Parameters
        ----------
        files : int
        """
        if self._rate is not None:
            self._tokens -= files
