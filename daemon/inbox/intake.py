"""From hints and sweeps to files that may be claimed.

Keeps what was seen of each file that waits, asks the children for its structure, and yields it when
`daemon.inbox.settle` says so. Memory is bounded: a file beyond the bound is met again by the next sweep.
"""

import heapq
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from daemon.decoding.pool import DecoderPool
from daemon.inbox.events import Hint
from daemon.inbox.settle import Patience, Sighting, claimable_in, see
from daemon.inbox.sweep import Ignore, Walk, WalkCounts, is_too_deep, leads_through_link, walk
from daemon.spool.file_state import Look, look_at

if TYPE_CHECKING:
    from concurrent.futures import Future

    from daemon.decoding.messages import Examined

_log = structlog.get_logger()

MAX_WAITING = 10_000
_WALK_CHUNK = 256
_RESTLESS = 10  # look intervals between two looks at a file that was seen to change


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
    clock, wall_clock_ns : callable
        Monotonic seconds, and wall clock nanoseconds since the epoch.
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
        wall_clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._inbox = inbox
        self._root = os.fsencode(inbox)
        self._pool = pool
        self._patience = patience
        self._ignore = ignore
        self._wake = wake
        self._lookahead = lookahead
        self._clock = clock
        self._wall_clock_ns = wall_clock_ns
        self._sightings: dict[bytes, Sighting] = {}
        self._due: list[tuple[float, bytes]] = []
        self._due_at: dict[bytes, float] = {}
        self._unconfirmed: set[bytes] = set()
        self._restless: set[bytes] = set()
        self._examining: set[bytes] = set()
        self._examined: deque[tuple[bytes, Future[Examined]]] = deque()
        self._ready: dict[bytes, None] = {}
        self._hints: deque[Hint] = deque()
        self._folders: deque[Walk] = deque()
        self._sweep: Walk | None = None
        self._unclaimable: set[bytes] = set()
        self._distrusted: set[bytes] = set()
        self.counts = WalkCounts()

    @property
    def idle(self) -> bool:
        """True if no sweep is under way and no file waits for anything but its time."""
        queued = self._hints or self._folders or self._examining or self._examined or self._ready
        return self._sweep is None and not queued

    @property
    def waiting(self) -> int:
        """Number of files that are known and not claimed."""
        return len(self._sightings)

    @property
    def room_for_hints(self) -> int:
        """How many hints are taken now; the watcher keeps the others, and says if it had to drop some."""
        return max(0, self._lookahead - len(self._hints))

    def take_hints(self, hints: Iterable[Hint]) -> None:
        """Queue what the watcher named; `advance` looks at it as there is room.

        Parameters
        ----------
        hints : iterable of Hint
        """
        self._hints.extend(hints)

    def distrust(self, source: bytes) -> None:
        """Take the next event of a path for none: we caused it, its writer may still be at work."""
        self._distrusted.add(source)

    def begin_sweep(self) -> None:
        """Walk through the whole inbox again, in pieces, as `advance` is called."""
        if self._sweep is None:
            self._sweep = Walk(walk(self._inbox, ignore=self._ignore))

    def advance(self) -> None:
        """Do what is due: look again, take in examinations, go on with the sweep."""
        now = self._clock()
        while self._due and self._due[0][0] <= now:
            at, source = heapq.heappop(self._due)
            if self._due_at.get(source) != at:
                continue  # an earlier or later time was set since
            del self._due_at[source]
            if source in self._sightings and source not in self._examining:
                self._look(source, trusted=False)
        while self._examined:
            source, future = self._examined.popleft()
            self._take_examination(source, future)
        while self._hints and not self._full:
            self._take_hint(self._hints.popleft())
        while self._folders and not self._full:
            if self._go_on_walking(self._folders[0]):
                self._folders.popleft()
        if self._sweep is not None and self._go_on_walking(self._sweep):
            self._end_sweep(self._sweep.counts)

    def _take_hint(self, hint: Hint) -> None:
        source = hint.path.removeprefix(self._root + b"/")
        trusted = hint.trusted and source not in self._distrusted
        self._distrusted.discard(source)
        if source == hint.path or self._ignore.any_of(source) or is_too_deep(source):
            return
        if hint.is_folder:
            if leads_through_link(self._root, os.path.join(source, b"")):
                return
            self._folders.append(Walk(walk(self._inbox, source, ignore=self._ignore), trusted))
        else:
            self._look(source, trusted=trusted)

    @property
    def _full(self) -> bool:
        return len(self._unconfirmed) + len(self._examining) + len(self._ready) >= self._lookahead

    def ready(self, room: int) -> Iterator[bytes]:
        """Yield up to `room` paths below the inbox that may be claimed now, after a last look at each."""
        for source in list(islice(self._ready, max(room, 0))):
            self._look(source, trusted=False)  # it may have been ready for long, and written to since
            if source in self._ready:
                self._forget(source)
                yield source

    def refuse(self, source: bytes) -> None:
        """Remember that a file may not be renamed: it is counted, and tried again by the next sweep."""
        self._unclaimable.add(source)

    def next_due(self) -> float | None:
        """Monotonic time at which `advance` has something to do; None if nothing waits for the clock."""
        if (self._sweep is not None or self._hints or self._folders) and not self._full:
            return self._clock()
        return self._due[0][0] if self._due else None

    def _go_on_walking(self, under_way: Walk) -> bool:
        """Look at the next files of a walk while there is room; tell whether it is at its end."""
        counts = under_way.counts
        for _ in range(_WALK_CHUNK):
            if self._full:
                return False
            entry = next(under_way.entries, None)
            if entry is None:
                return True
            source, regular = entry
            if regular is None:
                counts.unclaimable += 1
                continue
            if not regular:
                counts.ignored += 1
                continue
            look = self._look(source, trusted=under_way.trusted)
            if look is None:
                continue
            counts.met(look.ctime_ns)
        return False

    def _end_sweep(self, counts: WalkCounts) -> None:
        counts.unclaimable += len(self._unclaimable)
        self._unclaimable.clear()
        if counts.unclaimable != self.counts.unclaimable:
            _log.warning("unclaimable", files=counts.unclaimable)
        self.counts, self._sweep = counts, None
        self._distrusted.clear()
        self._forget_gone()

    def _forget_gone(self) -> None:
        """Drop what was known of files that somebody took away again."""
        for source in list(self._sightings):
            if not os.path.lexists(os.path.join(self._root, source)):
                self._forget(source)

    def _forget(self, source: bytes) -> None:
        self._sightings.pop(source, None)
        self._ready.pop(source, None)
        self._due_at.pop(source, None)
        self._unconfirmed.discard(source)
        self._restless.discard(source)

    def _look(self, source: bytes, *, trusted: bool) -> Look | None:
        try:
            look = look_at(os.path.join(self._root, source))
            if leads_through_link(self._root, source):
                look = None
        except FileNotFoundError:
            look = None
        except OSError:
            self._unclaimable.add(source)
            look = None
        previous = self._sightings.get(source)
        if look is None or (previous is None and len(self._sightings) >= MAX_WAITING):
            self._forget(source)
            return look
        sighting = see(
            previous,
            look,
            self._clock(),
            trusted=trusted,
            patience=self._patience,
            wall_now_ns=self._wall_clock_ns(),
        )
        self._sightings[source] = sighting
        self._ready.pop(source, None)
        if previous is not None and previous.look != look:
            self._restless.add(source)
        if source not in self._examining:
            self._go_on(source, sighting)
        return look

    def _go_on(self, source: bytes, sighting: Sighting) -> None:
        """Decide what a file waits for: a second look, its examination, quiet, or nothing more."""
        now = self._clock()
        if not sighting.confirmed:
            self._wait_for_second_look(source, sighting)
            return
        self._unconfirmed.discard(source)
        self._restless.discard(source)
        if sighting.completeness is None:
            self._examining.add(source)
            future = self._pool.examine(os.path.join(self._root, source))
            future.add_done_callback(lambda done: self._ended(source, done))
        else:
            left = claimable_in(sighting, now, self._patience)
            if left > 0:
                self._wait(source, now + left)
            else:
                self._ready[source] = None

    def _wait_for_second_look(self, source: bytes, sighting: Sighting) -> None:
        """Look again soon; at a file that was seen to change less soon, for it may do so for ever.

        Nor does the sweep rest for such files: 64 of them would hide everybody else.
        """
        if source in self._restless:
            self._unconfirmed.discard(source)
            self._wait(source, sighting.since + _RESTLESS * self._patience.look_interval_s)
        else:
            self._unconfirmed.add(source)
            self._wait(source, sighting.since + self._patience.look_interval_s)

    def _wait(self, source: bytes, until: float) -> None:
        if self._due_at.get(source) != until:
            self._due_at[source] = until
            heapq.heappush(self._due, (until, source))

    def _ended(self, source: bytes, future: "Future[Examined]") -> None:
        self._examined.append((source, future))
        self._wake()

    def _take_examination(self, source: bytes, future: "Future[Examined]") -> None:
        self._examining.discard(source)
        sighting = self._sightings.get(source)
        if sighting is None or future.cancelled():
            return
        examined = future.result()
        if examined is None:
            self._unclaimable.add(source)
            self._forget(source)
            return
        look, completeness = examined
        if look == sighting.look:
            sighting = replace(sighting, completeness=completeness)
            self._sightings[source] = sighting
            self._go_on(source, sighting)
        else:
            self._look(source, trusted=False)
