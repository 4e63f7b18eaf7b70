"""When more files wait than are kept in mind: those that waited longest unchanged give way to new ones.

Ten thousand files that are never completed would else keep every other out for as long as each is waited for
(fault 76). One that gave way, or found no room, is met again by a sweep as soon as there is room, and waits
anew.
"""

import os
from itertools import islice
from typing import Final

import structlog

from daemon.inbox.settle import Sighting
from daemon.spool.file_state import Look
from daemon.states import Files, State
from model.reading.completeness import Completeness

MAX_WAITING: Final = 10_000
_CONSIDERED: Final = 64  # of those that wait: whole files, which need quiet only, give way last

_log = structlog.get_logger()


class Crowd:
    """Bound the files that are kept in mind.

    Parameters
    ----------
    files : Files
        Those of the inbox.
    """

    def __init__(self, files: Files[bytes, Sighting]) -> None:
        self._files = files
        self._reported = 0
        self._is_any_left_out = False

    def has_room(self, newcomer: Look, *, is_named: bool) -> bool:
        """Return whether there is room for a file that is not known, or another gives way to it.

        Parameters
        ----------
        newcomer : Look
        is_named : bool
            An event says that it is new; else it is if it changed later than what would give way, by the
            clock of the file system. So a sweep does not let the same files take turns.

        Returns
        -------
        bool
        """
        if len(self._files) < MAX_WAITING:
            return True
        self._is_any_left_out = True  # whichever of the two it is
        source = _longest_unchanged(self._files)
        known = None if source is None else self._files.get(source)
        if source is None or known is None:
            return False
        if not is_named and newcomer.ctime_ns <= known.look.ctime_ns:
            return False
        self._files.move(source, State.EVICTED)
        return True

    def take_left_out(self) -> bool:
        """Return whether files were left out for which there is room now: a sweep is to meet them again.

        Returns
        -------
        bool
            True once, when half of the room is free.
        """
        if not self._is_any_left_out or len(self._files) > MAX_WAITING // 2:
            return False
        self._is_any_left_out = False
        return True

    def report(self) -> None:
        """Log how many gave way since the last time, if any did."""
        evicted = self._files.left[State.EVICTED]
        if evicted > self._reported:
            _log.warning("files_evicted", files=evicted - self._reported, known=len(self._files))
        self._reported = evicted


def forget_gone(files: Files[bytes, Sighting], root: bytes) -> None:
    """Drop what is known of files that were removed; of one that is examined its child reports.

    Parameters
    ----------
    files : Files
    root : bytes
        The inbox.
    """
    for source in list(files):
        is_there = os.path.lexists(os.path.join(root, source))
        if not is_there and files.state(source) is not State.EXAMINING:
            files.move(source, State.GONE)


def _longest_unchanged(files: Files[bytes, Sighting]) -> bytes | None:
    """Choose among those that wait to be whole, then those that change for ever, then those given up."""
    settling = list(islice(files.of(State.SETTLING).items(), _CONSIDERED))
    incomplete = (one for one, seen in settling if seen.completeness is Completeness.INCOMPLETE)
    others = (next(iter(files.of(state)), None) for state in (State.CHANGING, State.OVERDUE, State.SETTLING))
    return next(incomplete, None) or next((one for one in others if one is not None), None)
