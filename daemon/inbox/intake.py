"""From hints and sweeps to files that may be claimed.

Keeps what was seen of each file that waits, asks the children for its structure, and yields it when
`daemon.inbox.settle` says so. Memory is bounded: files beyond the bound are met again by a
sweep, once there is room.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from daemon.decoding.pool import DecoderPool
from daemon.inbox.arrivals import Arrivals, look_below
from daemon.inbox.crowd import Crowd, forget_gone
from daemon.inbox.due_times import Agenda
from daemon.inbox.events import Hint, Sign
from daemon.inbox.examinations import Examinations
from daemon.inbox.markers import Markers
from daemon.inbox.settle import Patience, Sighting, claimable_in, is_trusted, see
from daemon.inbox.sweep import Ignore, WalkCounts
from daemon.spool.file_state import Look
from daemon.states import INBOX_STATES, Files, State

if TYPE_CHECKING:
    from concurrent.futures import Future

    from daemon.decoding.messages import Examined

_log = structlog.get_logger()

_CHANGING_LOOKS = 10
"""Look intervals between two looks at a file that may change for ever; the sweep does not rest for it."""


class Intake:
    """Decide which files of the inbox may be claimed now.

    Parameters
    ----------
    inbox : Path
    pool : DecoderPool
        Examines the structure of files.
    patience : Patience
    ignore : Ignore
    wake : callable
        Called, from any thread, when an examination ended.
    lookahead : int
        The sweep rests while so many files are on their way to be ready.
    clock : callable
        Monotonic seconds.
    marker_suffixes : sequence of str
        As of `daemon.inbox.markers.Markers`.
    """

    def __init__(
        self,
        inbox: Path,
        pool: DecoderPool,
        patience: Patience,
        ignore: Ignore,
        wake: Callable[[], None],
        *,
        lookahead: int = 64,
        clock: Callable[[], float] = time.monotonic,
        marker_suffixes: Sequence[str] = (),
    ) -> None:
        self._root = os.fsencode(inbox)
        self._patience = patience
        self._lookahead = lookahead
        self._clock = clock
        self._examinations = Examinations(pool, wake, max(1, lookahead // 2))
        self._due = Agenda(lambda: self._examinations.may_again)
        self._refused: set[bytes] = set()
        self.files: Files[bytes, Sighting] = Files(INBOX_STATES)
        self._crowd = Crowd(self.files)
        self.counts = WalkCounts()
        self._markers = markers = Markers(inbox, marker_suffixes)
        self._arrivals = Arrivals(
            inbox, ignore, self._look, self._is_full, most_hints=lookahead, markers=markers
        )

    @property
    def idle(self) -> bool:
        """True if no sweep is under way and no file waits for anything but its time."""
        return self._arrivals.are_none and not self.files.count(State.EXAMINING, State.READY, State.OVERDUE)

    @property
    def waiting(self) -> int:
        """Number of files that are known and not claimed."""
        return len(self.files)

    @property
    def room_for_hints(self) -> int:
        """How many hints are taken now; the watcher keeps the others."""
        return self._arrivals.room_for_hints

    def take_hints(self, hints: Iterable[Hint]) -> None:
        """Queue what the watcher named; `advance` takes it up as there is room.

        Parameters
        ----------
        hints : iterable of Hint
        """
        self._arrivals.take_hints(hints)

    def take_back(self, source: bytes) -> None:
        """Take in a file that was put back just now, for it was written to after its claim.

        To be called before the next hints are taken, by the thread that does that: so the inbox knows the
        file before the event of its rename comes, however late that is. Only a close is a sign of its writer.

        Parameters
        ----------
        source : bytes
            Its path below the inbox.
        """
        look = self._look_at(source)
        if look is None:
            return  # it is gone again, or the next sweep finds out
        self._markers.restore(source)
        sighting = Sighting(look, self._clock(), is_returned=True)
        if source not in self.files:
            self._meet(source, sighting)
            return
        self.files.update(source, sighting)  # another file had this name
        if self.files.state(source) is not State.EXAMINING:
            self._go_on(source, sighting, has_changed=True)

    def begin_sweep(self) -> None:
        """Walk through the whole inbox again, in pieces, as `advance` is called."""
        self._arrivals.begin_sweep()

    def advance(self) -> None:
        """Do what is due: take in examinations, look again, go on with the sweep."""
        for source, examined in self._examinations.take():
            self._take_examination(source, examined)
        for source in self._due.take(self._clock()):
            if source in self.files:
                self._look(source)
        if (met := self._arrivals.advance()) is not None:
            self._end_sweep(met)
        if self._arrivals.are_none and self._crowd.take_left_out():
            self.begin_sweep()

    def _is_full(self) -> bool:
        """Return whether enough files are under way; those in the slow lane or given up do not count."""
        under_way = self.files.count(State.SEEN, State.EXAMINING, State.READY)
        return under_way - self._examinations.slow >= self._lookahead

    def ready(self, room: int) -> Iterator[bytes]:
        """Yield up to `room` paths below the inbox that may be claimed now, those not whole last but for one.

        The caller says of each what became of it: `claimed`, `lost` or `refuse`.

        Parameters
        ----------
        room : int

        Yields
        ------
        bytes
        """
        overdue = list(islice(self.files.of(State.OVERDUE), max(room, 0)))
        whole = list(islice(self.files.of(State.READY), max(room - bool(overdue), 0)))
        for source in (*whole, *overdue[: room - len(whole)]):
            self._look(source)  # it may have been ready for long, and written to since
            if self.files.state(source) in (State.READY, State.OVERDUE):
                yield source

    def claimed(self, source: bytes) -> None:
        """Hand a file over: it is claimed.

        Parameters
        ----------
        source : bytes
        """
        self.files.move(source, State.CLAIMED)
        self._markers.remove(source)
        self.counts.left()

    def lost(self, source: bytes) -> None:
        """Forget a file that was removed before it was claimed.

        Parameters
        ----------
        source : bytes
        """
        self.files.move(source, State.GONE)
        self.counts.left()

    def refuse(self, source: bytes) -> None:
        """Remember that a file may not be renamed: it is counted, and tried again by the next sweep.

        Parameters
        ----------
        source : bytes
        """
        self._refused.add(source)
        if source in self.files:
            self.files.move(source, State.REFUSED)

    def next_due(self) -> float | None:
        """Monotonic time at which `advance` has something to do; None if nothing waits for the clock.

        Returns
        -------
        float or None
        """
        if not self._arrivals.are_none and not self._is_full():
            return self._clock()
        return self._due.next()

    def _end_sweep(self, counts: WalkCounts) -> None:
        counts.unclaimable += len(self._refused)
        self._refused.clear()
        if counts.unclaimable != self.counts.unclaimable:
            _log.warning("files_unclaimable", files=counts.unclaimable)
        self.counts = counts
        self._crowd.report()
        forget_gone(self.files, self._root)

    def _look(self, source: bytes, sign: Sign = Sign.NONE) -> Look | None:
        """Look at a file, and decide what it waits for; while a child has it, its answer decides."""
        look = self._look_at(source)
        previous, state = self.files.get(source), self.files.state(source)
        if look is None:
            if previous is not None and state is not State.EXAMINING:
                self.files.move(source, State.REFUSED if source in self._refused else State.GONE)
            return None
        if previous is None and not self._crowd.has_room(look, is_named=sign is not Sign.NONE):
            return look
        trusted = is_trusted(previous, look, sign)
        sighting = see(previous, look, self._clock(), trusted=trusted, patience=self._patience)
        if previous is None:
            self._meet(source, sighting)
        else:
            self.files.update(source, sighting)
            if state is not State.EXAMINING:
                self._go_on(source, sighting, has_changed=previous.look != look)
        return look

    def _look_at(self, source: bytes) -> Look | None:
        """Look once; None for what is gone, may not be looked at, or is none of our files."""
        try:
            return look_below(self._root, source)
        except OSError:
            self._refused.add(source)
            return None

    def _meet(self, source: bytes, sighting: Sighting) -> None:
        """Take in a file that was not known."""
        self._due.forget(source)  # of another file that had this name
        self._go_on(source, sighting)

    def _go_on(self, source: bytes, sighting: Sighting, *, has_changed: bool = False) -> None:
        """Decide what a file waits for: a second look, its examination, quiet, or nothing more."""
        now, interval_s = self._clock(), self._patience.look_interval_s
        is_again = self.files.state(source) not in (None, State.SEEN)
        if not sighting.confirmed and not (has_changed or is_again):
            self.files.move(source, State.SEEN, sighting)
            self._due.set(source, sighting.since + interval_s)
        elif not sighting.confirmed:
            self._wait_changing(source, sighting, sighting.since + _CHANGING_LOOKS * interval_s)
        elif sighting.completeness is None and is_again and not self._examinations.may_again:
            self._wait_changing(source, sighting, now)
        elif sighting.completeness is None:
            self.files.move(source, State.EXAMINING, sighting)
            self._examinations.begin(source, os.path.join(self._root, source), is_again=is_again)
        elif (left := claimable_in(sighting, now, self._patience)) > 0:
            self.files.move(source, State.SETTLING)
            self._due.set(source, now + left)
        else:
            self.files.move(source, State.READY if sighting.is_whole else State.OVERDUE)

    def _wait_changing(self, source: bytes, sighting: Sighting, until: float) -> None:
        self.files.move(source, State.CHANGING, sighting)
        self._due.set(source, until, is_changing=True)

    def _take_examination(self, source: bytes, future: "Future[Examined]") -> None:
        sighting = self.files.get(source)
        if sighting is None:
            return
        if future.cancelled():  # the daemon ends
            self.files.move(source, State.GONE)
            return
        examined = future.result()
        if examined is None:
            self._refused.add(source)
            self.files.move(source, State.REFUSED)
            return
        look, completeness = examined
        if look == sighting.look:
            if sighting.confirmed:
                sighting = replace(sighting, completeness=completeness)
                self.files.update(source, sighting)
            self._go_on(source, sighting, has_changed=True)  # not quiet since: it is examined again
        elif self._look(source) is None:
            self.files.move(source, State.REFUSED if source in self._refused else State.GONE)
        else:
            self._go_on(source, self.files.get(source) or sighting, has_changed=True)
