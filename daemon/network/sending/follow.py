"""From the ledger into the outbox: what was recorded, made into objects, once for each destination.

Each destination has a cursor of its own in the order of recording, so that one that is added later, or was
left out for a while, gets what is its own. A cursor moves only once the objects before it are synced.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from daemon.errors import BadDataError, ConfigurationError, InputOutputError
from daemon.network.sending.outbox import Made, Outbox, State, put
from storage.durable.replace import Synced, replace_file
from storage.durable.sync import sync_folder
from storage.filters import Filters
from storage.recorded_since import (
    BEGINNING,
    Mark,
    as_plain,
    from_plain,
    mark_now,
    new_rows,
    rows_of,
    still_holds,
)
from storage.vocabulary import CLASSIFIED

if TYPE_CHECKING:
    from storage.engine import Engine

_CURSOR: Final = "cursor.json"
_FROM_THE_BEGINNING: Final = "from-the-beginning"
_ONCE_MORE: Final = "once-more"
_UNMADE: Final = "unmade"
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
    """

    def __init__(
        self, outbox: Outbox, folders: Sequence[Path], make: Make, *, min_free_percent: float
    ) -> None:
        self._outbox = outbox
        self._folders = folders
        self._make = make
        self._min_free_percent = min_free_percent

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
            if not (folder / _CURSOR).exists():
                _write_cursor(folder, BEGINNING if engine is None else mark_now(engine))
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
            groups.setdefault(_read_cursor(folder), []).append(folder)
        for mark, folders in groups.items():
            did |= self._follow(engine, mark, folders)
        return did

    def _begin_anew(self) -> None:
        """Take the wishes for all answers to be sent."""
        for folder in self._folders:
            wish = folder / _FROM_THE_BEGINNING
            if wish.exists():
                _write_cursor(folder, BEGINNING)
                wish.unlink()

    def _make_once_more(self) -> bool:
        """Take the wishes for single scans, for all destinations."""
        wishes = self._outbox.root / _ONCE_MORE
        with suppress(FileNotFoundError):
            wished = sorted(path for path in wishes.iterdir() if not path.name.startswith("."))
            for wish in wished:
                self._refuse_on_full_disk()
                self._put(wish.name, self._folders)
                self._sync(self._folders)
                wish.unlink(missing_ok=True)
            return bool(wished)
        return False

    def _follow(self, engine: "Engine", mark: Mark, folders: list[Path]) -> bool:
        if not still_holds(engine, mark):
            raise BadDataError(
                "the last row that was sent is not where it was: this is another database, or it was "
                "restored from a backup. To send all that it holds: `inboxray resend --all-of DESTINATION`; "
                f"to go on with what is new: stop `inboxray send`, and remove {_CURSOR} in the folders of "
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
            _write_cursor(folder, new.mark)
        return True

    def _put(self, scan_id: str, folders: Sequence[Path]) -> None:
        """Make the objects of a scan; what cannot be made is kept in mind, and holds nothing up."""
        unmade = self._outbox.root / _UNMADE / scan_id
        try:
            made = self._make(scan_id)
        except Exception as error:
            if getattr(error, "retriable", False) or isinstance(error, ConfigurationError):
                raise
            if getattr(error, "code", None) == _NONE_CAN_BE:
                _log.info("no_objects", scan_id=scan_id, why=str(error))
                unmade.unlink(missing_ok=True)
                return
            _log.warning("objects_not_made", scan_id=scan_id, exc_info=error)
            unmade.parent.mkdir(mode=0o700, exist_ok=True)
            replace_file(unmade, _why(error).encode(), Synced.CONTENT_AND_NAME)
            return
        for one in made:
            for folder in folders:
                put(folder, scan_id, one)
        unmade.unlink(missing_ok=True)

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


def wish_from_the_beginning(folder: Path) -> None:
    """Wish that a destination gets all answers that the database holds.

    Parameters
    ----------
    folder : Path
        Of the destination.

    Raises
    ------
    OSError
        The disk refused.
    """
    replace_file(folder / _FROM_THE_BEGINNING, b"", Synced.CONTENT_AND_NAME)


def wish_once_more(outbox: Outbox, scan_id: str) -> None:
    """Wish that the objects of a scan are made for each destination that has not got them.

    Parameters
    ----------
    outbox : Outbox
    scan_id : str

    Raises
    ------
    OSError
        The disk refused.
    """
    wish = outbox.root / _ONCE_MORE / scan_id
    wish.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(wish, b"", Synced.CONTENT_AND_NAME)


def unmade(outbox: Outbox) -> dict[str, str]:
    """Return why objects of scans could not be made, by scan id.

    Parameters
    ----------
    outbox : Outbox

    Returns
    -------
    dict of str to str
    """
    with suppress(FileNotFoundError):
        paths = sorted(path for path in (outbox.root / _UNMADE).iterdir() if not path.name.startswith("."))
        return {path.name: path.read_text() for path in paths}
    return {}


def _why(error: Exception) -> str:
    """Say why, without the words of another library: they may quote a patient."""
    return str(error) if hasattr(error, "exit_code") else type(error).__name__


def _read_cursor(folder: Path) -> Mark:
    try:
        return from_plain(json.loads((folder / _CURSOR).read_bytes()))
    except (ValueError, LookupError, TypeError):
        raise BadDataError(
            f"{_CURSOR} in a folder of the outbox is not what `inboxray send` wrote: remove it to go on with "
            "what is recorded from now on"
        ) from None


def _write_cursor(folder: Path, mark: Mark) -> None:
    replace_file(folder / _CURSOR, json.dumps(as_plain(mark)).encode(), Synced.CONTENT_AND_NAME)
