"""From the ledger into the outbox: what was recorded, made into objects, once for each destination.

Each destination has a cursor of its own in the order of recording, so that one that is added later, or was
left out for a while, gets what is its own. A cursor moves only once the objects before it are synced.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from daemon.errors import BadDataError, ConfigurationError, InputOutputError
from daemon.network.sending.cursor import NAME as CURSOR
from daemon.network.sending.cursor import has_cursor, read_cursor, write_cursor
from daemon.network.sending.entries import Made, State, put
from daemon.network.sending.outbox import Outbox
from daemon.network.sending.unmade import Unmade
from daemon.network.sending.wishes import take_from_the_beginning, take_once_more
from storage.durable.sync import sync_folder
from storage.filters import Filters
from storage.recorded_since import BEGINNING, Mark, mark_now, new_rows, rows_of, still_holds
from storage.vocabulary import CLASSIFIED

if TYPE_CHECKING:
    from storage.engine import Engine

_ROWS_A_STEP: Final = 50
_NONE_CAN_BE: Final = "no_objects"
"""The code of the error for a scan that no archive could file, such as a picture without a patient."""

Make = Callable[[str], Sequence[Made]]
"""Makes the objects of a scan."""

_log = structlog.get_logger()


class Follower:
    """What makes objects of new answers.

    Parameters
    ----------
    outbox : Outbox
        Held by this process.
    folders : sequence of Path
        Of the destinations.
    make : callable
    min_free_percent : float
        Below this free share of the disk nothing is made.
    clock : callable, optional
        Monotonic, seconds.
    """

    def __init__(
        self,
        outbox: Outbox,
        folders: Sequence[Path],
        make: Make,
        *,
        min_free_percent: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._folders = folders
        self._make = make
        self._min_free_percent = min_free_percent
        self._clock = clock
        self._unmade = Unmade(outbox)

    def begin(self, engine: "Engine | None") -> None:
        """Give a destination without a cursor one: what is recorded from now on is for it.

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
        for folder in self._folders:
            if not has_cursor(folder):
                write_cursor(folder, BEGINNING if engine is None else mark_now(engine))
                _log.info(
                    "destination_added",
                    destination=folder.name,
                    remedy="what was recorded before is not sent; `inboxray resend --all-of` sends it, too",
                )

    def step(self, engine: "Engine") -> bool:
        """Make objects of some of the rows that are new.

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
        self._begin_anew()
        did = self._make_once_more()
        groups: dict[Mark, list[Path]] = {}
        for folder in self._folders:
            groups.setdefault(read_cursor(folder), []).append(folder)
        for mark, folders in groups.items():
            did |= self._follow(engine, mark, folders)
        return did

    def _begin_anew(self) -> None:
        """Take the wishes for all answers to be sent."""
        for folder in self._folders:
            for _ in take_from_the_beginning(folder):
                write_cursor(folder, BEGINNING)

    def _make_once_more(self) -> bool:
        """Take the wishes for single scans, for all destinations; and try again what could not be made."""
        did = False
        for scan_id in chain(take_once_more(self._outbox), self._unmade.due(self._clock())):
            self._refuse_on_full_disk()
            self._put(scan_id, self._folders)
            self._sync(self._folders)
            did = True
        return did

    def _follow(self, engine: "Engine", mark: Mark, folders: list[Path]) -> bool:
        if not still_holds(engine, mark):
            raise BadDataError(
                "the last row that was sent is not where it was: this is another database, or it was "
                "restored from a backup. To send all that it holds: `inboxray resend --all-of DESTINATION`; "
                f"to go on with what is new: stop `inboxray send`, and remove {CURSOR} in the folders of "
                "the outbox"
            )
        new = new_rows(engine, mark, _ROWS_A_STEP)
        if new.mark == mark:
            return False
        if new.spans:
            self._refuse_on_full_disk()
            with closing(rows_of(engine, new, Filters(outcome=CLASSIFIED, order="oldest"))) as rows:
                scan_ids = [row["scan_id"] for row in rows]
            for scan_id in scan_ids:
                self._put(scan_id, folders)
            self._sync(folders)
        for folder in folders:
            write_cursor(folder, new.mark)
        return True

    def _put(self, scan_id: str, folders: Sequence[Path]) -> None:
        """Make the objects of a scan; what cannot be made is kept in mind, and holds nothing up."""
        try:
            made = self._make(scan_id)
        except Exception as error:
            if getattr(error, "retriable", False) or isinstance(error, ConfigurationError):
                raise
            if getattr(error, "code", None) == _NONE_CAN_BE:
                _log.info("no_objects", scan_id=scan_id, why=str(error))
                self._unmade.forget(scan_id)
                return
            _log.warning("objects_not_made", scan_id=scan_id, exc_info=error)
            self._unmade.note(scan_id, _why(error), self._clock())
            return
        for one in made:
            for folder in folders:
                put(folder, scan_id, one)
        self._unmade.forget(scan_id)

    def _sync(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            sync_folder(folder / State.WAITING)

    def _refuse_on_full_disk(self) -> None:
        free = self._outbox.free_percent()
        if free < self._min_free_percent:
            raise InputOutputError(
                f"only {free:.1f} % of the outbox's disk is free, and outbox_min_free_percent is "
                f"{self._min_free_percent:g}: nothing new is made to be sent; make room"
            )


def _why(error: Exception) -> str:
    """Say why, without the words of another library: they may quote a patient."""
    return str(error) if hasattr(error, "exit_code") else type(error).__name__
