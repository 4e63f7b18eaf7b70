"""One destination's objects, from waiting to confirmed: when to try, what an answer does, whom to blame.

A failure of the peer holds up all of its objects, and no others. One of a single object holds up that
object alone: it is tried again by itself, so that an object on which a peer falls over keeps no other back.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from daemon.network.sending.entries import Entry, State, entries, move, sync_states
from daemon.network.sending.failure import Answer, Failure, PeerFailed, Presence, Verdict
from daemon.network.sending.notes import (
    BackOff,
    Note,
    forget,
    note_of,
    notes_of,
    peer_note,
    write_note,
    write_peer_note,
)
from daemon.network.sending.peer import Peer

_A_BATCH: Final = 100
_MOST_IN_A_ROW: Final = 3
"""So many objects that fail one after the other are the peer's failure."""
_MOST_ASKED: Final = 5
_DAY_S: Final = 86_400.0
_TIDY_EVERY_S: Final = 600.0
_CONFIRM: Final = "confirm"

_log = structlog.get_logger()


class Dispatch:
    """What sends the objects of one destination.

    Parameters
    ----------
    address : str
        Of the destination, as it was set.
    folder : Path
        Of the destination in the outbox.
    peer : Peer
    back_off : BackOff
    keep_days : int
        How long objects stay after they were sent.
    is_stopping : callable
        Asked between objects.
    clock : callable
        Seconds since 1970.
    """

    def __init__(
        self,
        address: str,
        folder: Path,
        peer: Peer,
        back_off: BackOff,
        *,
        keep_days: int,
        is_stopping: Callable[[], bool],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.address = address
        self.folder = folder
        self.answers: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self._peer = peer
        self._back_off = back_off
        self._keep_s = keep_days * _DAY_S
        self._is_stopping = is_stopping
        self._clock = clock
        self._in_a_row: list[Failure] = []
        self._tidied_at = 0.0

    def step(self, *, at_once: bool = False) -> bool:
        """Send what is due, and ask for what was sent.

        Parameters
        ----------
        at_once : bool
            Everything is due.

        Returns
        -------
        bool
            Whether an object changed its state.

        Raises
        ------
        OSError
            The outbox's own disk refused.
        """
        self._tidy()
        note = peer_note(self.folder)
        if not (at_once or self._back_off.is_due(note, self._clock())):
            return False
        before = self.answers.total()
        try:
            self._send_due(at_once=at_once)
            self._ask_due(at_once=at_once)
        except PeerFailed as failed:
            self._peer_failed(note if self.answers.total() == before else Note(), failed.failure)
        else:
            is_over = self.answers.total() != before or not entries(self.folder, State.WAITING)
            if note.attempts and is_over:
                write_peer_note(self.folder, Note())
                _log.info("peer_works", destination=self.address, failed_s=round(self._clock() - note.since))
        return self.answers.total() != before

    def close(self) -> None:
        """Let go of connections."""
        self._peer.close()

    def _send_due(self, *, at_once: bool) -> None:
        waiting = entries(self.folder, State.WAITING)
        notes = notes_of(self.folder) if waiting else {}
        now = self._clock()
        suspects = [entry for entry in waiting if (note := notes.get(entry.name)) and note.attempts]
        blamed = frozenset(suspects)
        try:
            for batch in _batches([entry for entry in waiting if entry not in blamed]):
                if self._is_stopping():
                    return
                self._send(batch)
            for suspect in suspects:
                if self._is_stopping():
                    return
                if at_once or self._back_off.is_due(notes[suspect.name], now):
                    self._send_alone(suspect)
        finally:
            if waiting:
                sync_states(self.folder)

    def _send(self, batch: Sequence[Entry]) -> None:
        self._in_a_row = []
        self._peer.send(batch, self._take)
        if len(self._in_a_row) >= _MOST_IN_A_ROW:
            raise PeerFailed(self._in_a_row[-1])

    def _send_alone(self, suspect: Entry) -> None:
        """Send what failed before; if it fails again, that is its own failure, until it is that of many."""
        in_a_row = self._in_a_row
        self._in_a_row = []
        try:
            self._peer.send([suspect], self._take)
        except PeerFailed:
            if not self._in_a_row:
                raise
        self._in_a_row = [*in_a_row, *self._in_a_row] if self._in_a_row else []
        if len(self._in_a_row) >= _MOST_IN_A_ROW:
            raise PeerFailed(self._in_a_row[-1])

    def _take(self, entry: Entry, answer: Answer) -> bool:
        """Let an answer change the state of its object; say whether to go on."""
        facts = {"destination": self.address, "scan_id": entry.scan_id, "kind": entry.kind}
        if answer.verdict in (Verdict.STORED, Verdict.CONFIRMED):
            self._in_a_row = []
            self.answers["stored"] += 1
            if answer.warning is not None:
                _log.warning("result_stored_with_warning", **facts, status=f"0x{answer.warning:04X}")
            self._forget_failures(entry)
            is_there = answer.verdict is Verdict.CONFIRMED
            self._settle(entry, State.CONFIRMED if is_there else State.STORED, facts)
        else:
            failure = answer.failure or Failure("store", "", "")
            self._blame(entry, answer.verdict, failure, facts)
        return not self._is_stopping() and len(self._in_a_row) < _MOST_IN_A_ROW

    def _forget_failures(self, entry: Entry) -> None:
        """Forget why it failed, and not that the peer lost it before: it is asked less and less often."""
        missed = note_of(entry).missed
        if missed:
            write_note(entry, Note(missed=missed))
        else:
            forget(entry)

    def _blame(self, entry: Entry, verdict: Verdict, failure: Failure, facts: dict[str, str]) -> None:
        self.failures[failure.step] += 1
        words = {"step": failure.step, "error": failure.error, "remedy": failure.remedy}
        write_note(entry, self._back_off.failed(note_of(entry), failure, self._clock()))
        if verdict is Verdict.REFUSED:
            self.answers["refused"] += 1
            move(entry, State.REFUSED)
            _log.warning("result_refused", **facts, **words)
        else:
            self._in_a_row.append(failure)
            _log.warning("result_failed", **facts, **words)

    def _settle(self, entry: Entry, state: State, facts: dict[str, str]) -> None:
        """Give an object its next state; what is not kept goes."""
        settled = move(entry, state)
        if state is State.STORED:
            return
        forget(entry)
        self.answers[state.value] += 1
        if state is State.CONFIRMED:
            _log.info("result_confirmed", **facts)
        else:
            _log.info("result_unconfirmed", **facts)
        with suppress(FileNotFoundError):
            if settled is not None and not self._keep_s:
                settled.path.unlink()
            elif settled is not None:  # it is kept from now on, however long it waited
                os.utime(settled.path, (self._clock(), self._clock()))

    def _ask_due(self, *, at_once: bool) -> None:
        stored = entries(self.folder, State.STORED)
        notes = notes_of(self.folder) if stored else {}
        now = self._clock()
        due = [
            entry for entry in stored if at_once or self._back_off.is_due(notes.get(entry.name, Note()), now)
        ]
        for batch in _batches(due):
            if self._is_stopping():
                return
            try:
                found = self._peer.ask(batch)
                failure = None
            except PeerFailed as failed:
                if failed.failure.step != _CONFIRM:
                    raise
                found, failure = dict.fromkeys(batch, Presence.UNKNOWN), failed.failure
                self.failures[_CONFIRM] += 1
            for entry, presence in found.items():
                self._found(entry, presence, notes.get(entry.name, Note()), failure)

    def _found(self, entry: Entry, presence: Presence, note: Note, failure: Failure | None) -> None:
        facts = {"destination": self.address, "scan_id": entry.scan_id, "kind": entry.kind}
        asked = note.asked + 1
        if presence is Presence.THERE:
            self._settle(entry, State.CONFIRMED, facts)
        elif presence is Presence.NOT_OFFERED:
            self._settle(entry, State.UNCONFIRMED, facts)
        elif asked < _MOST_ASKED:
            why = failure or _not_there(presence)
            next_at = self._clock() + self._back_off.wait_s(asked)
            known = replace(note, asked=asked, next_at=next_at)
            write_note(entry, replace(known, step=why.step, error=why.error, remedy=why.remedy))
        elif presence is Presence.MISSING:
            why = _not_there(presence)
            missed = Note(attempts=note.missed, missed=note.missed + 1)
            write_note(entry, self._back_off.failed(missed, why, self._clock()))
            move(entry, State.WAITING)
            _log.warning("result_missing", **facts, remedy=why.remedy)
        else:
            self._settle(entry, State.UNCONFIRMED, facts)

    def _peer_failed(self, note: Note, failure: Failure) -> None:
        self.failures[failure.step] += 1
        failed = self._back_off.failed(note, failure, self._clock())
        write_peer_note(self.folder, failed)
        _log.warning(
            "peer_failed",
            destination=self.address,
            step=failure.step,
            error=failure.error,
            remedy=failure.remedy,
            attempts=failed.attempts,
            next_in_s=round(failed.next_at - self._clock(), 1),
        )

    def _tidy(self) -> None:
        """Remove what was sent long enough ago."""
        now = self._clock()
        if abs(now - self._tidied_at) < _TIDY_EVERY_S:
            return
        self._tidied_at = now
        for state in (State.CONFIRMED, State.UNCONFIRMED):
            for entry in entries(self.folder, state):
                with suppress(FileNotFoundError):
                    if now - entry.path.stat().st_mtime > self._keep_s:
                        entry.path.unlink()


def _batches(objects: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    for first in range(0, len(objects), _A_BATCH):
        yield objects[first : first + _A_BATCH]


def _not_there(presence: Presence) -> Failure:
    if presence is Presence.MISSING:
        return Failure(
            _CONFIRM,
            "the peer answered that it stored the object, and does not have it",
            "see the peer's log; it is asked again, and then sent again",
        )
    return Failure(
        _CONFIRM, "the peer has not answered yet whether it keeps the object", "nothing: it is asked again"
    )
