"""Files of a plan on their way to their rows: a window of them, whatever the plan's length."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

from daemon.backfill.looks import GONE, UNREADABLE, seen
from daemon.backfill.original import Entry, Original
from daemon.backfill.pace import Pace
from daemon.backfill.recording import CHANGED, KNOWN, Recording
from daemon.backfill.tally import Tally
from daemon.backfill.walk import MOST_LISTED
from daemon.errors import InputOutputError
from daemon.execution.executor import Executor
from daemon.pauses import Pauses
from daemon.pipeline.in_flight import MOST_FRAMES, Job
from daemon.pipeline.ledger_writer import Recorder
from daemon.spool.file_state import Look

if TYPE_CHECKING:
    from daemon.decoding.messages import Decoded
    from storage.records import ScanRecord

    Recorded = tuple[list[str], list[ScanRecord]]

_AHEAD: Final = 256
"""Files that are looked at, and asked about, at once."""
_LOOKERS: Final = 8
"""Threads that look at files: on a share each look is a trip."""
_WAIT_S: Final = 0.5
_FILL_S: Final = 0.5
"""Longest time that an answer waits for others to be recorded with it."""


@dataclass(slots=True, eq=False)
class _Slot:
    """A file of the plan in the window: the place behind it, and how it ended."""

    at: int
    end: str | None = None


class Answering:
    """Answer the files of a plan, a window at a time.

    Parameters
    ----------
    executor : Executor
    recording : Recording
        Used by one thread of ours.
    recorder : Recorder
        Says which files have their rows.
    pace : Pace
    pauses : Pauses
    tally : Tally
        Counts a file once all before it in the plan have ended, too: then none of them is met again.
    at : int
        Where to begin in the plan.
    rows : int
        Most files in a transaction.
    wake : threading.Event
    on_unreadable : callable
        Called with each of the first thousand files that cannot be looked at.
    is_there : callable
        Says whether the archive itself still stands: what is gone with it is not counted as gone.
    """

    def __init__(
        self,
        executor: Executor,
        recording: Recording,
        recorder: Recorder,
        pace: Pace,
        pauses: Pauses,
        tally: Tally,
        *,
        at: int,
        rows: int,
        wake: threading.Event,
        on_unreadable: Callable[[bytes], None],
        is_there: Callable[[], bool] = lambda: True,
    ) -> None:
        self._executor, self._recording, self._recorder = executor, recording, recorder
        self._pace, self._pauses, self._tally = pace, pauses, tally
        self._rows, self._wake, self._is_there = rows, wake, is_there
        self._on_unreadable, self._unreadable = on_unreadable, 0
        self.at = at
        self._window: deque[_Slot] = deque()
        self._next: deque[tuple[Original, _Slot]] = deque()
        self._decoded: queue.SimpleQueue[tuple[Original, _Slot, Future[Decoded]]] = queue.SimpleQueue()
        self._ready: list[tuple[Job, _Slot]] = []
        self._ready_since = 0.0
        self._turns: deque[tuple[Future[Recorded], list[tuple[Job, _Slot]]]] = deque()
        self._decoding = 0
        self._frames = 0
        self._finishing = ThreadPoolExecutor(1, thread_name_prefix="record")
        self._looking = ThreadPoolExecutor(_LOOKERS, thread_name_prefix="look")

    @property
    def in_progress(self) -> int:
        """Files that were begun and have not ended."""
        return self._decoding + len(self._ready) + sum(len(batch) for _, batch in self._turns)

    def run(
        self, entries: Iterator[tuple[Entry, int]], stop: threading.Event, each: Callable[[], None]
    ) -> bool:
        """Answer until the plan or the time is over.

        Parameters
        ----------
        entries : iterator of (Entry, int)
            Each with the place behind it.
        stop : threading.Event
            Begin nothing more, and finish what was begun.
        each : callable
            Called in each pass.

        Returns
        -------
        bool
            Whether the plan was finished.
        """
        is_over = False
        while not (is_over and not self._next and not self.in_progress):
            if stop.is_set():
                return False
            if not self._next and not is_over and self._room:
                is_over = not self._look_ahead(entries)
            self._begin()
            self._advance(drain=is_over and not self._next)
            each()
            if self._next or not self._room or (is_over and self.in_progress):
                self._wake.wait(_WAIT_S)
                self._wake.clear()
        return True

    def finish(self, within_s: float, each: Callable[[], None]) -> None:
        """Finish what was begun.

        Parameters
        ----------
        within_s : float
            Longest time for it, seconds.
        each : callable
            Called in each pass.
        """
        deadline = time.monotonic() + within_s
        while self.in_progress and time.monotonic() < deadline:
            self._advance(drain=True)
            each()
            self._wake.wait(0.1)
            self._wake.clear()

    def close(self) -> None:
        """Let go of what was begun; returns when the batch that is being recorded has ended."""
        self._finishing.shutdown(wait=True, cancel_futures=True)
        self._looking.shutdown(wait=False, cancel_futures=True)

    @property
    def _room(self) -> int:
        if self._pauses.any or self._frames >= MOST_FRAMES:
            return 0
        return max(0, 3 * self._rows + 2 * self._executor.workers - self.in_progress)

    def _look_ahead(self, entries: Iterator[tuple[Entry, int]]) -> bool:
        """Look at the next files of the plan and leave out those that have their rows; False at its end."""
        some = list(islice(entries, _AHEAD))
        now = datetime.now(UTC)
        release = self._executor.release.sha256
        met: list[tuple[Original, _Slot]] = []
        for (entry, at), look in zip(
            some, self._looking.map(seen, (one.path for one, _ in some)), strict=True
        ):
            slot = _Slot(at)
            self._window.append(slot)
            if isinstance(look, Look):
                met.append((Original.of(entry, look, release, now), slot))
            else:
                self._end_unseen(slot, entry.path, look)
        ids = [original.scan_id for original, _ in met]
        known = self._recorder.with_retries(lambda: self._recorder.ledger.find(ids)) if ids else {}
        for original, slot in met:
            if original.scan_id in known:
                slot.end = KNOWN
            else:
                self._next.append((original, slot))
        self._slide()
        return bool(some)

    def _begin(self) -> None:
        begun = 0
        for _ in range(min(len(self._next), self._pace.allowed(self._room))):
            original, slot = self._next.popleft()
            self._decoding += 1
            begun += 1
            self._executor.decode(original.path).add_done_callback(
                lambda done, original=original, slot=slot: self._take(original, slot, done)  # type: ignore[misc] # its type with defaults
            )
        self._pace.take(begun)

    def _take(self, original: Original, slot: _Slot, done: "Future[Decoded]") -> None:
        self._decoded.put((original, slot, done))
        self._wake.set()

    def _advance(self, *, drain: bool) -> None:
        while not self._decoded.empty():
            original, slot, done = self._decoded.get()
            self._decoding -= 1
            job = Job(original, done.result())
            self._frames += job.weight
            if not self._ready:
                self._ready_since = time.monotonic()
            self._ready.append((job, slot))
        while self._turns and self._turns[0][0].done():
            self._ended(*self._turns.popleft())
        while self._ready and len(self._turns) < 2 and self._is_worth(drain=drain):
            batch, self._ready = self._ready[: self._rows], self._ready[self._rows :]
            turn = self._finishing.submit(self._recording.record, [job for job, _ in batch])
            turn.add_done_callback(lambda _: self._wake.set())
            self._turns.append((turn, batch))

    def _is_worth(self, *, drain: bool) -> bool:
        is_late = time.monotonic() - self._ready_since >= _FILL_S
        return len(self._ready) >= self._rows or is_late or (drain and not self._decoding)

    def _ended(self, turn: "Future[Recorded]", batch: Sequence[tuple[Job, _Slot]]) -> None:
        self._frames -= sum(job.weight for job, _ in batch)
        ends, rows = turn.result()
        if CHANGED in ends:
            self._refuse_to_go_on_without_the_archive()
        for (job, slot), end in zip(batch, ends, strict=True):
            if end in {GONE, UNREADABLE}:
                self._end_unseen(slot, job.claim.path, end)
            else:
                slot.end = end
        self._tally.outcomes.update(row.error_code or row.decision or row.outcome for row in rows)
        self._slide()

    def _end_unseen(self, slot: _Slot, path: bytes, end: str) -> None:
        """End a file without a row: it is away, or may be there and cannot be looked at."""
        self._refuse_to_go_on_without_the_archive()
        slot.end = end
        if end == UNREADABLE:
            self._unreadable += 1
            if self._unreadable <= MOST_LISTED:
                self._on_unreadable(path)

    def _slide(self) -> None:
        """Move the window behind the files that have ended, as far as all before them have."""
        while self._window and self._window[0].end is not None:
            slot = self._window.popleft()
            self.at = slot.at
            self._tally.ends[slot.end or ""] += 1

    def _refuse_to_go_on_without_the_archive(self) -> None:
        """Leave the place in the plan where it is: a share that went away comes back with its files."""
        if not self._is_there():
            raise InputOutputError(
                "the archive's folder went away or is empty: bring it back and give the same command again; "
                "what was not answered yet got no row. If its files were removed, give --walk-again with it"
            )
