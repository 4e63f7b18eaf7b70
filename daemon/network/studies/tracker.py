"""Which studies changed, which of them are quiet, and what of them goes into the outbox.

The tracker follows the ledger with a cursor of its own, which moves past a row only once the study of that
row is reported: so a kill at any moment costs nothing, and after a start the rows behind the cursor are read
again. A study's state is made of its rows at the moment when it is quiet, and never kept.
"""

import json
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from daemon.errors import BadDataError, InputOutputError
from daemon.network.sending.entries import State, put
from daemon.network.sending.outbox import Outbox
from daemon.network.studies.quiet import NOTHING, Arrivals, Quiet
from daemon.network.studies.report import Channel, StudyReport
from daemon.network.studies.reported import Reported, ReportedStudies, key_of
from storage.durable.replace import Synced, replace_file
from storage.durable.sync import sync_folder
from storage.recorded_since import BEGINNING, Mark, as_plain, from_plain, mark_now, new_rows, still_holds
from storage.studies import Member, lone_studies, members_of, studies_named

if TYPE_CHECKING:
    from storage.engine import Engine
    from storage.study import Study

FOLDER: Final = "studies"
"""Its name in the outbox."""
_CURSOR: Final = "cursor.json"
_ROWS_A_STEP: Final = 500
_STUDIES_A_STEP: Final = 50
_MOST_PENDING: Final = 5000
_LOOK_AGAIN_S: Final = 5.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Pending:
    """A study with new rows; `look_at` is when it may be quiet."""

    study_instance_uid: str | None
    scan_id: str
    seen_at: float
    look_at: float


class Tracker:
    """What reports studies when they are quiet.

    Parameters
    ----------
    outbox : Outbox
        Held by this process.
    folders : mapping of str to Path
        Of the destinations, by their names.
    channels : sequence of Channel
    quiet : Quiet
    arrivals : Arrivals or None
    min_free_percent : float
        Below this free share of the disk nothing is made.
    clock : callable
        Seconds since 1970.
    """

    def __init__(
        self,
        outbox: Outbox,
        folders: Mapping[str, Path],
        channels: Sequence[Channel],
        quiet: Quiet,
        arrivals: Arrivals | None = None,
        *,
        min_free_percent: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._outbox = outbox
        self._folders = folders
        self._channels = channels
        self._quiet = quiet
        self._arrivals = arrivals
        self._min_free_percent = min_free_percent
        self._clock = clock
        self._root = outbox.root / FOLDER
        self._reported = ReportedStudies(self._root)
        self._mark: Mark | None = None
        self._pending: dict[str, _Pending] = {}
        self._steps: deque[tuple[Mark, set[str]]] = deque()

    def begin(self, engine: "Engine | None") -> None:
        """Begin at what is recorded from now on, unless there is a cursor.

        Parameters
        ----------
        engine : Engine or None
            None: there is no database yet, so all that it will hold is new.

        Raises
        ------
        DatabaseUnavailable
            The database cannot be read.
        OSError
            The disk refused.
        """
        self._root.mkdir(mode=0o700, exist_ok=True)
        if not (self._root / _CURSOR).exists():
            self._write_cursor(BEGINNING if engine is None else mark_now(engine))

    def step(self, engine: "Engine") -> bool:
        """Take some new rows in, and report some studies that are quiet.

        Parameters
        ----------
        engine : Engine
            May be read-only.

        Returns
        -------
        bool
            Whether there was something to do, so that there may be more.

        Raises
        ------
        DatabaseUnavailable
            The database cannot be read.
        BadDataError
            It is another database than the one that was followed.
        InputOutputError
            The disk is too full for more.
        OSError
            The disk refused.
        """
        taken = self._take_in(engine) if len(self._pending) < _MOST_PENDING else 0
        did = taken > 0
        if taken < _ROWS_A_STEP:  # else there are more, and studies may go on in them
            did |= self._report_quiet(engine)
        self._advance()
        return did

    def _take_in(self, engine: "Engine") -> int:
        """Note the studies of some new rows; return how many places were gone over."""
        if self._mark is None:
            self._mark = self._read_cursor()
            if not still_holds(engine, self._mark):
                self._mark = None
                raise BadDataError(
                    "the last row of which a study was reported is not where it was: this is another "
                    "database, or it was restored from a backup. To go on with what is new: stop "
                    f"`inboxray send`, and remove {_CURSOR} in the folder {FOLDER} of the outbox"
                )
        new = new_rows(engine, self._mark, _ROWS_A_STEP)
        if new.mark == self._mark:
            return 0
        passed = max(1, new.mark.last - self._mark.last)
        keys = {self._note(member) for member in members_of(engine, new)} if new.spans else set()
        self._mark = new.mark
        self._steps.append((new.mark, keys))
        return passed

    def _note(self, member: Member) -> str:
        """Note that a study has a new row."""
        key = key_of(member.study_instance_uid, member.scan_id)
        now = self._clock()
        seen_at = min(now, member.finished_at.timestamp())  # a clock elsewhere may be ahead
        before = self._pending.get(key)
        if before is not None:
            seen_at = max(seen_at, before.seen_at)
        look_at = seen_at + self._quiet.quiet_s
        self._pending[key] = _Pending(member.study_instance_uid, member.scan_id, seen_at, look_at)
        return key

    def _report_quiet(self, engine: "Engine") -> bool:
        """Report studies that are quiet; those that are not yet are looked at again later."""
        now = self._clock()
        due = sorted(
            (one.look_at, key)
            for key, one in self._pending.items()
            if one.look_at <= now or one.seen_at > now  # the clock was set back
        )
        keys = [key for _, key in due[:_STUDIES_A_STEP]]
        reports: list[StudyReport] = []
        done = []
        for key, study in self._studies_of(engine, keys).items():
            seen_at = min(self._pending[key].seen_at, now)
            arriving = NOTHING
            if study is not None and self._arrivals is not None:
                arriving = self._arrivals.of(engine, study)
            if study is not None and not self._quiet.is_quiet(seen_at, arriving, now):
                look_at = now + min(_LOOK_AGAIN_S, self._quiet.quiet_s)
                self._pending[key] = replace(self._pending[key], seen_at=seen_at, look_at=look_at)
                continue
            done.append(key)
            if study is not None:
                reports.append(StudyReport(study, arriving.waiting, self._reported.get(key)))
        self._report(reports)
        for key in done:
            del self._pending[key]
            for _, left in self._steps:
                left.discard(key)
        return bool(done)

    def _studies_of(self, engine: "Engine", keys: Sequence[str]) -> "dict[str, Study | None]":
        """Make studies of the rows that stand now; None where none stands any more."""
        if not keys:
            return {}
        looked = {key: self._pending[key] for key in keys}
        uids = {one.study_instance_uid for one in looked.values() if one.study_instance_uid is not None}
        named = studies_named(engine, uids)
        lone = lone_studies(engine, [one.scan_id for one in looked.values() if not one.study_instance_uid])
        return {
            key: named.get(one.study_instance_uid) if one.study_instance_uid else lone.get(one.scan_id)
            for key, one in looked.items()
        }

    def _report(self, reports: Sequence[StudyReport]) -> None:
        """Put what is to be sent into the outbox, and then note that it was."""
        changed = [one for one in reports if one.before is None or one.before.state != one.state]
        if not changed:
            return
        self._refuse_on_full_disk()
        noted = []
        for report in changed:
            notified = () if report.before is None else report.before.notified
            known = None if report.before is None else report.before.report
            for channel in self._channels:
                to_send = channel.put(report)
                for name, made in to_send.objects:
                    put(self._folders[name], report.study.deciding.scan_id, made)
                notified = (*notified, *(name for name in to_send.notified if name not in notified))
                known = to_send.report or known
            noted.append((report, Reported(report.number, report.id, report.state, notified, known)))
        for folder in self._folders.values():
            sync_folder(folder / State.WAITING)
        for report, reported in noted:
            study = report.study
            self._reported.put(key_of(study.study_instance_uid, study.first_scan_id), reported)
            _log.info(
                "study_reported",
                scan_id=study.deciding.scan_id,
                scans=len(study.scans),
                answer=study.deciding.answer,
                incomplete=len(study.incomplete) + len(report.waiting),
                number=report.number,
            )

    def _advance(self) -> None:
        """Move the cursor past the rows whose studies were all reported."""
        reached = None
        while self._steps and not self._steps[0][1]:
            reached = self._steps.popleft()[0]
        if reached is not None:
            self._write_cursor(reached)

    def _refuse_on_full_disk(self) -> None:
        free = self._outbox.free_percent()
        if free < self._min_free_percent:
            raise InputOutputError(
                f"only {free:.1f} % of the outbox's disk is free, and outbox_min_free_percent is "
                f"{self._min_free_percent:g}: no study is reported; make room"
            )

    def _read_cursor(self) -> Mark:
        try:
            return from_plain(json.loads((self._root / _CURSOR).read_bytes()))
        except (OSError, ValueError, LookupError, TypeError):
            raise BadDataError(
                f"{_CURSOR} in the folder {FOLDER} of the outbox is not what `inboxray send` wrote: remove "
                "it, and start it again, to go on with what is recorded from then on"
            ) from None

    def _write_cursor(self, mark: Mark) -> None:
        replace_file(self._root / _CURSOR, json.dumps(as_plain(mark)).encode(), Synced.CONTENT_AND_NAME)
