"""How scans ended in a stretch of time: by day, by device, and how long they took.

Canaries do not count, nor scans that were requeued and answered again.
"""

import math
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, bindparam, func, select

from storage.devices import NAMES
from storage.queries import Count, reading
from storage.schema import SCANS
from storage.times import require_aware
from storage.translate import translated_errors
from storage.unindexed import unindexed
from storage.vocabulary import CLASSIFIED, DECISIONS, outcome_of

_Alike = tuple[date, str | None, str]
"""Day, hash of the device, and decision or error code."""
_MOST_TIMED: Final = 2000
_HASH_ENDS: Final = ","
_SCAN_ENDS: Final = " "
_OF_A_DAY: Final = (
    select(
        func.aggregate_strings(
            func.coalesce(SCANS.c.device, "")
            + _HASH_ENDS
            + func.coalesce(SCANS.c.error_code, SCANS.c.decision),
            _SCAN_ENDS,
        ),
        func.min(SCANS.c.seq),
    )
    .select_from(SCANS)
    .where(
        SCANS.c.is_canary.is_(False),
        SCANS.c.finished_at >= bindparam("since"),
        SCANS.c.finished_at < bindparam("until"),
    )
)
"""How each scan of a day ended, in one text: to count its parts takes a quarter of what SQLite takes to sort
them, as it does to group."""


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

    def add(self, word: str, scans: int) -> None:
        """Count scans that ended alike.

        Parameters
        ----------
        word : str
            Their decision, or else their error code.
        scans : int
        """
        (self.by_decision if word in DECISIONS else self.by_code)[word] += scans

    def counts(self) -> tuple[Count, ...]:
        """Return the scans of each way.

        Returns
        -------
        tuple of Count
            By outcome, error code and decision, in that order.
        """
        answered = [Count(CLASSIFIED, None, word, scans) for word, scans in sorted(self.by_decision.items())]
        others = [Count(outcome_of(code), code, None, scans) for code, scans in sorted(self.by_code.items())]
        return tuple(sorted([*answered, *others], key=lambda one: one.outcome))

    def include(self, other: "Tally") -> None:
        """Count the scans of another tally too.

        Parameters
        ----------
        other : Tally
        """
        self.by_decision += other.by_decision
        self.by_code += other.by_code


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


@dataclass(frozen=True, slots=True)
class Ended:
    """How the scans of some days ended.

    Attributes
    ----------
    by_day : dict of date to Tally
        Each day, in order, also those without a scan.
    by_device : list of (str, Tally)
        Manufacturer, model and station with a blank between, as the latest scan of the device writes them,
        empty for files that name none; those with the most scans first.
    counts : tuple of Count
        By outcome, error code and decision, in that order.
    """

    by_day: dict[date, Tally]
    by_device: list[tuple[str, Tally]]
    counts: tuple[Count, ...]


def ended(engine: Engine, midnights: Sequence[datetime]) -> Ended:
    """Count the scans of some days by how they ended, all from one state of the database.

    All that is counted stands in the index of `finished_at`: no row is read, but those of scans that were
    answered again.

    Parameters
    ----------
    engine : Engine
    midnights : sequence of datetime
        Aware: where each day begins, and where the last one ends; see `last_midnights`.

    Returns
    -------
    Ended

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    by_day = {midnight.date(): Tally() for midnight in midnights[:-1]}
    by_hash: defaultdict[str | None, Tally] = defaultdict(Tally)
    in_all = Tally()
    with reading(engine, "counting scans") as connection:
        for (day, device, word), scans in _alike(connection, midnights).items():
            for tally in (by_day[day], by_hash[device], in_all):
                tally.add(word, scans)
        by_device: defaultdict[str, Tally] = defaultdict(Tally)
        for device, tally in by_hash.items():
            by_device[_names(connection, device)].include(tally)
    most_first = sorted(by_device.items(), key=lambda one: (-one[1].scans, one[0]))
    return Ended(by_day, most_first, in_all.counts())


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
    times = (SCANS.c.received_at, SCANS.c.finished_at)
    statement = (
        select(*times).where(SCANS.c.is_canary.is_(False)).order_by(SCANS.c.seq.desc()).limit(_MOST_TIMED)
    )
    with translated_errors("reading times"), engine.connect() as connection:
        spent = sorted((end - begin).total_seconds() for begin, end in connection.execute(statement))
    return Latency(len(spent), *(_percentile(spent, share) for share in (0.5, 0.95, 0.99)))


def _alike(connection: Connection, midnights: Sequence[datetime]) -> Counter[_Alike]:
    """Count scans that ended alike, those left out that were answered again."""
    found: Counter[_Alike] = Counter()
    first: int | None = None
    for since, until in pairwise(midnights):  # a question a day: days of a zone have 23 to 25 hours
        of_day: Any = connection.execute(_OF_A_DAY, {"since": since, "until": until}).one()
        joined, seq = of_day
        if joined is None:
            continue
        first = seq if first is None else min(first, seq)
        for one, scans in Counter(joined.split(_SCAN_ENDS)).items():
            device, word = one.split(_HASH_ENDS)
            found[since.date(), device or None, word] = scans
    if first is not None:
        for finished_at, device, word in connection.execute(_superseded(midnights[0], midnights[-1], first)):
            found[midnights[bisect_right(midnights, finished_at) - 1].date(), device, word] -= 1
    return +found


def _superseded(since: datetime, until: datetime, first: int) -> Select[Any]:
    """Write the query for scans that were answered again, after the first scan of these days."""
    again = SCANS.alias().c
    finished_at: Any = unindexed(SCANS.c.finished_at)
    requeued = select(again.requeued_from).where(again.requeued_from.is_not(None), again.seq > first)
    word: Any = func.coalesce(SCANS.c.error_code, SCANS.c.decision)
    return select(SCANS.c.finished_at, SCANS.c.device, word).where(
        SCANS.c.scan_id.in_(requeued),
        SCANS.c.is_canary.is_(False),
        finished_at >= require_aware(since),
        finished_at < require_aware(until),
    )


def _names(connection: Connection, device: str | None) -> str:
    if device is None:
        return ""
    names = (SCANS.c[name] for name in NAMES)
    latest = select(*names).where(SCANS.c.device == device).order_by(SCANS.c.seq.desc()).limit(1)
    return " ".join(name for name in connection.execute(latest).one() if name)


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
