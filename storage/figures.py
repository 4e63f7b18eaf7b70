"""How scans ended in a stretch of time: by day, by device, and how long they took.

Canaries do not count, nor scans that were requeued and answered again.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, select

from storage.devices import NAMES
from storage.filters import is_superseded
from storage.schema import Scan
from storage.times import require_aware
from storage.translate import translated_errors
from storage.vocabulary import CLASSIFIED

_MOST_TIMED = 2000


@dataclass(slots=True)
class Tally:
    """How many scans of a day or a device ended in each way.

    Attributes
    ----------
    by_decision : Counter of str
        Classified ones.
    by_code : Counter of str
        The others, by error code.
    """

    by_decision: Counter[str] = field(default_factory=Counter)
    by_code: Counter[str] = field(default_factory=Counter)

    @property
    def scans(self) -> int:
        """In all."""
        return self.by_decision.total() + self.by_code.total()

    @property
    def unanswered(self) -> int:
        """Those without a decision."""
        return self.by_code.total()

    def add(self, outcome: str, error_code: str | None, decision: str | None, scans: int) -> None:
        """Count scans that ended alike.

        Parameters
        ----------
        outcome : str
        error_code, decision : str or None
        scans : int
        """
        if outcome == CLASSIFIED:
            self.by_decision[str(decision)] += scans
        else:
            self.by_code[str(error_code)] += scans


@dataclass(frozen=True, slots=True)
class Latency:
    """How long it took from a file's sighting to its row.

    Parameters
    ----------
    scans : int
        The latest, so many.
    p50_s, p95_s, p99_s : float
        Seconds; NaN if there is no scan.
    """

    scans: int
    p50_s: float
    p95_s: float
    p99_s: float


def by_day(engine: Engine, midnights: Sequence[datetime]) -> dict[date, Tally]:
    """Count scans by the day on which they were finished.

    Parameters
    ----------
    engine : Engine
    midnights : sequence of datetime
        Aware: where each day begins, and where the last one ends; see `last_midnights`.

    Returns
    -------
    dict of date to Tally
        Each day, in order, also those without a scan.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    found = {}
    for since, until in pairwise(midnights):  # a question a day: days of a zone have 23 to 25 hours
        found[since.date()] = tally = Tally()
        for row in _grouped(engine, (), since, until):
            tally.add(*row)
    return found


def by_device(engine: Engine, since: datetime, until: datetime) -> list[tuple[str, Tally]]:
    """Count scans by the names of what made them.

    Parameters
    ----------
    engine : Engine
    since, until : datetime
        Aware; half-open on finished_at.

    Returns
    -------
    list of (str, Tally)
        Manufacturer, model and station with a blank between, empty for files that name none; those with the
        most scans first.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    found: dict[str, Tally] = {}
    for row in _grouped(engine, tuple(getattr(Scan, name) for name in NAMES), since, until):
        names = " ".join(name for name in row[: len(NAMES)] if name)
        found.setdefault(names, Tally()).add(*row[len(NAMES) :])
    return sorted(found.items(), key=lambda one: (-one[1].scans, one[0]))


def latency(engine: Engine) -> Latency:
    """Say how long the latest scans took.

    Parameters
    ----------
    engine : Engine

    Returns
    -------
    Latency

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    times = (Scan.received_at, Scan.finished_at)
    statement = select(*times).where(Scan.is_canary.is_(False)).order_by(Scan.seq.desc()).limit(_MOST_TIMED)
    with translated_errors("reading times"), engine.connect() as connection:
        spent = sorted((end - begin).total_seconds() for begin, end in connection.execute(statement))
    return Latency(len(spent), *(_percentile(spent, share) for share in (0.5, 0.95, 0.99)))


def _grouped(
    engine: Engine, keys: tuple[ColumnElement[Any], ...], since: datetime, until: datetime
) -> Sequence[Any]:
    ways = (*keys, Scan.outcome, Scan.error_code, Scan.decision)
    statement = (
        select(*ways, func.count())
        .where(
            Scan.is_canary.is_(False),
            ~is_superseded(Scan.scan_id),
            Scan.finished_at >= require_aware(since),
            Scan.finished_at < require_aware(until),
        )
        .group_by(*ways)
    )
    with translated_errors("counting scans"), engine.connect() as connection:
        return connection.execute(statement).all()


def _percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that is not below this share of them (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def last_midnights(days: int, now: datetime) -> list[datetime]:
    """Return where the last days begin in this machine's zone, today included, and where today ends.

    Parameters
    ----------
    days : int
        At least 1.
    now : datetime
        Aware.

    Returns
    -------
    list of datetime
        `days` and one more, aware.
    """
    today = now.astimezone().date()
    return [
        datetime.combine(today + timedelta(days=number), time.min).astimezone()
        for number in range(1 - days, 2)
    ]
