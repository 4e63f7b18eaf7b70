"""Who watches a daemon at a terminal: what it learns of the scans, and of what still waits."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from daemon.inbox.settle import Patience, claimable_in
from daemon.logs import Screen
from daemon.pipeline.commit import Observe
from daemon.service.loop import Stages
from daemon.spool.names import encode_name
from daemon.states import State
from storage.records import ScanRecord


@dataclass(frozen=True, slots=True)
class NextClaim:
    """The waiting file that is the first to be claimed, if nothing writes to it.

    Parameters
    ----------
    file : str
        Its path below the inbox, printable.
    at : datetime
        Aware.
    is_whole : bool
        Its structure says so; else it is waited for in the hope that more comes.
    """

    file: str
    at: datetime
    is_whole: bool


@dataclass(frozen=True, slots=True)
class View:
    """What a daemon has before it, and what it did.

    Parameters
    ----------
    waiting, in_progress : int
        Files in the inbox that may be claimed, and claimed ones without a last place.
    answered : Counter of str
        Scans since the start, by decision or code.
    pauses : Mapping of str to Mapping
        Why nothing is taken in, by reason; see `daemon.pauses.Pauses.listed`.
    next_claim : NextClaim or None
        None if no file waits for its time.
    ignored, unclaimable : int
        Files of the last sweep that are never claimed by their names, and that may not be renamed.
    """

    waiting: int
    in_progress: int
    answered: Counter[str]
    pauses: Mapping[str, Mapping[str, str]]
    next_claim: NextClaim | None
    ignored: int
    unclaimable: int


class Onlooker(Screen, Protocol):
    """What shows a person what a daemon does; several threads call its methods, which must be short."""

    def answered(self, rows: Sequence[ScanRecord]) -> None:
        """Take in the rows of a batch that is committed.

        Parameters
        ----------
        rows : sequence of ScanRecord
        """

    def passed(self, view: Callable[[], View]) -> None:
        """Take in that the loop made a pass.

        Parameters
        ----------
        view : callable
            Looks; to be called as seldom as a person needs it.
        """


def seen_by(onlooker: Onlooker | None, observe: Observe) -> Observe:
    """Return what passes the rows of a batch on, to an onlooker too.

    Parameters
    ----------
    onlooker : Onlooker or None
    observe : callable
        As of `daemon.pipeline.commit.Committer`.

    Returns
    -------
    callable
    """
    if onlooker is None:
        return observe

    def pass_on(rows: Sequence[ScanRecord], batch_s: Mapping[str, float]) -> None:
        observe(rows, batch_s)
        onlooker.answered(rows)

    return pass_on


def look(stages: Stages, patience: Patience, now: float) -> View:
    """Look at what a daemon has before it; in the thread of its loop.

    Parameters
    ----------
    stages : Stages
    patience : Patience
        That of the intake.
    now : float
        Monotonic time, seconds.

    Returns
    -------
    View
    """
    intake, pipeline = stages.intake, stages.pipeline
    return View(
        waiting=max(intake.counts.waiting, intake.waiting),
        in_progress=pipeline.in_progress,
        answered=Counter(pipeline.committer.outcomes),
        pauses=stages.pauses.listed(),
        next_claim=_next_claim(stages, patience, now),
        ignored=intake.counts.ignored,
        unclaimable=intake.counts.unclaimable,
    )


def _next_claim(stages: Stages, patience: Patience, now: float) -> NextClaim | None:
    settling = stages.intake.files.of(State.SETTLING)
    if not settling:
        return None
    left = {source: claimable_in(sighting, now, patience) for source, sighting in settling.items()}
    source = min(left, key=lambda one: left[one])
    at = datetime.now(UTC) + timedelta(seconds=max(0.0, left[source]))
    return NextClaim(encode_name(source), at, settling[source].is_whole)
