"""How far a backfill is: what was counted, how fast it goes, and how long it still takes."""

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Final

from daemon.backfill.pace import Hours

_WINDOW_S: Final = 300.0
_EACH_S: Final = 5.0

ENDS: Final = ("answered", "known", "not_ours", "gone", "changed", "unreadable")
"""How a file of the plan may end: with a row of now; with one that it had before; without one, for it is of
no format of ours; it was not there any more; it was written to while it was read; it cannot be looked at."""


class Tally:
    """Counts of a backfill over all its starts.

    Parameters
    ----------
    total : int
        Files of the plan.
    ends : dict
        How many ended in each of `ENDS` before this start.
    hours : Hours
        The time that is left counts only these.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self, total: int, ends: dict[str, int], hours: Hours, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.total = total
        self.ends = Counter({end: int(ends.get(end, 0)) for end in ENDS})
        self.outcomes: Counter[str] = Counter()
        self._hours = hours
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque([(clock(), self.done)])

    @property
    def done(self) -> int:
        """Files that need nothing more."""
        return sum(self.ends.values())

    def look(self) -> None:
        """Take note of how far it is; the rate is that of the last five minutes."""
        now = self._clock()
        if now - self._seen[-1][0] >= _EACH_S:
            self._seen.append((now, self.done))
        while len(self._seen) > 2 and self._seen[1][0] < now - _WINDOW_S:
            self._seen.popleft()

    @property
    def rate(self) -> float | None:
        """Files a second; None as long as it is not known."""
        began, before = self._seen[0]
        seconds = self._clock() - began
        return (self.done - before) / seconds if seconds >= 1 and self.done > before else None

    @property
    def left_s(self) -> float | None:
        """Seconds until the end, hours in which it rests included; None as long as it is not known."""
        rate = self.rate
        return None if rate is None else max(0, self.total - self.done) / rate / self._hours.share

    def described(self) -> dict[str, Any]:
        """Say all that for the status.

        Returns
        -------
        dict
        """
        rate, left_s = self.rate, self.left_s
        return {
            "total": self.total,
            "done": self.done,
            **dict(self.ends),
            "outcomes": dict(self.outcomes),
            "files_a_second": None if rate is None else round(rate, 2),
            "left_s": None if left_s is None else round(left_s),
        }
