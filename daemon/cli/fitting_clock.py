"""How long a training still takes, over all of its fittings."""

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from model.lab.training.train_settings import Progress

FIT: Final = "fit"
_FITTED: Final = "fold"
"""The stages: a step of a fitting, and the end of that of a fold."""


class FittingClock:
    """Measures how fast the work of fittings is done, and works out what is left of it.

    Parameters
    ----------
    fittings : int
        How many networks are fitted, one after the other, each with the same work.
    work_until : callable
        Gives the work of the first so many steps of a fitting, in any unit; steps of larger pictures take
        longer.
    now : callable
        Gives seconds of a clock that never jumps.
    """

    def __init__(
        self, fittings: int, work_until: Callable[[int], float], now: Callable[[], float] = monotonic
    ) -> None:
        self._fittings = fittings
        self._work_until = work_until
        self._now = now
        self._finished = 0
        self._seconds = 0.0
        self._work = 0.0
        self._last: tuple[float, float] | None = None

    def seconds_left(self, progress: "Progress") -> float | None:
        """Take in a progress, and return the seconds that all fittings still take.

        Parameters
        ----------
        progress : Progress

        Returns
        -------
        float or None
            None if it is not of a fitting, or nothing is known of the speed yet.
        """
        if progress.stage == _FITTED:
            self._finished += 1
        if progress.stage != FIT or not progress.total:
            self._last = None
            return None
        now, done = self._now(), self._work_until(progress.done)
        if self._last is not None:
            before, at = self._last
            self._seconds += now - before
            self._work += done - at
        self._last = (now, done)
        if self._work <= 0.0:
            return None
        left = (self._fittings - self._finished) * self._work_until(progress.total) - done
        return max(0.0, left) * self._seconds / self._work

    @property
    def name(self) -> str:
        """Which fitting is under way: `fit 2 of 6`."""
        return FIT if self._fittings == 1 else f"{FIT} {self._finished + 1} of {self._fittings}"


def in_words(seconds: float) -> str:
    """Say a length of time to the minute, as far as that is of interest.

    Parameters
    ----------
    seconds : float

    Returns
    -------
    str
    """
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 100:
        return f"about {minutes} min"
    return f"about {minutes / 60:.1f} h"
