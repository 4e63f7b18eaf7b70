"""How an archive is to be answered."""

from dataclasses import dataclass

from daemon.backfill.pace import ALL_DAY, Hours
from daemon.backfill.sources import Source


@dataclass(frozen=True, slots=True)
class Wish:
    """How an archive is to be answered.

    Parameters
    ----------
    source : Source
    rate : float or None
        Files a second, at most.
    hours : Hours
        In which files are begun.
    plans_anew : bool
        Walk again, although the plan of an earlier start is not finished.
    """

    source: Source
    rate: float | None = None
    hours: Hours = ALL_DAY
    plans_anew: bool = False
