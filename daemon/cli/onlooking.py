"""What a person at the terminal of `run` and `once` sees: a line a scan, and a live one of what waits."""

import sys
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from daemon.cli.live_line import LiveLine
from daemon.cli.output import style_of
from daemon.logs import LossyLines
from daemon.web.words import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from daemon.logs import Lines
    from daemon.service.onlooker import NextClaim, View
    from daemon.settings.fields import Settings
    from storage.records import ScanRecord

_EVERY_S: Final = 0.2
_BAR: Final = 10
_ANSWER_CELLS: Final = 16  # the longest decision, with its shape
_SHOWN: Final = frozenset({"scan_recorded", "files_waiting"})


class AtTerminal:
    """Shows a person on stderr what a daemon does.

    Parameters
    ----------
    answers_all : bool
        It ends once the inbox is empty: there is a bar of how far it is.
    shows_scans : bool
        There is a line a scan.
    console : Console
        That of stderr.
    """

    def __init__(self, console: Console, *, answers_all: bool, shows_scans: bool) -> None:
        self.shown_otherwise = _SHOWN
        self.view: View | None = None
        self.answers: Counter[tuple[str, str | None, str | None]] = Counter()
        self._console = console
        self._answers_all = answers_all
        self._shows_scans = shows_scans
        self._live = LiveLine(LossyLines(sys.stderr), can_erase=not console.is_dumb_terminal)
        self._next = 0.0

    @property
    def lines(self) -> "Lines":
        """What takes the lines of the log."""
        return self._live

    def answered(self, rows: "Sequence[ScanRecord]") -> None:
        """Write a line of each scan.

        Parameters
        ----------
        rows : sequence of ScanRecord
        """
        for row in rows:
            if row.is_canary:
                continue
            self.answers[row.outcome, row.error_code, row.decision] += 1
            if self._shows_scans:
                self._live.write(self._drawn(scan_line(row)) + "\n")

    def passed(self, view: "Callable[[], View]") -> None:
        """Write the live line anew, some times a second.

        Parameters
        ----------
        view : callable
        """
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY_S
        self.view = view()
        width = max(1, self._console.width - 1)  # a line that fills the terminal would begin another
        line = live_line(self.view, datetime.now(UTC), width, answers_all=self._answers_all)
        self._live.show(self._drawn(line))

    def close(self) -> None:
        """Take the live line away."""
        self._live.close()

    def _drawn(self, text: Text) -> str:
        with self._console.capture() as captured:
            self._console.print(text, end="", soft_wrap=True)
        return captured.get()


def at_terminal(settings: "Settings", *, answers_all: bool) -> AtTerminal | None:
    """Return what shows a person what the daemon does, if one looks on and did not ask for a plain log.

    Parameters
    ----------
    settings : Settings
    answers_all : bool
        See `AtTerminal`.

    Returns
    -------
    AtTerminal or None
    """
    from daemon.logs import is_for_person

    if not is_for_person(settings.log_format):
        return None
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    return AtTerminal(console, answers_all=answers_all, shows_scans=settings.log_level in ("debug", "info"))


def scan_line(row: "ScanRecord") -> Text:
    """Write how a scan was answered: when, the answer in shape and words, how probable, and its file.

    Parameters
    ----------
    row : ScanRecord

    Returns
    -------
    Text
    """
    answer = described(row.outcome, row.error_code, row.decision)
    probability = "    " if row.probability is None else f"{row.probability:.2f}"
    line = Text(f"{_clock(row.finished_at)}  ")
    line.append(answer.ljust(_ANSWER_CELLS), style_of(row.decision or row.outcome))
    line.append(f"  {probability}  {row.source_name}")
    if row.warnings:
        line.append(f"  ({', '.join(row.warnings)})", "dim")
    return line


def described(outcome: str, error_code: str | None, decision: str | None) -> str:
    """Write an answer in a shape and words.

    Parameters
    ----------
    outcome : str
    error_code, decision : str or None

    Returns
    -------
    str
    """
    found = describe({"outcome": outcome, "error_code": error_code, "decision": decision})
    return f"{found.shape} {found.words}"


def live_line(view: "View", now: datetime, width: int, *, answers_all: bool) -> Text:
    """Write what a daemon has before it.

    Parameters
    ----------
    view : View
    now : datetime
        Aware.
    width : int
        Cells, at most.
    answers_all : bool
        With a bar of how much of it is done.

    Returns
    -------
    Text
    """
    done = sum(view.answered.values())
    left = view.waiting + view.in_progress
    if answers_all:
        line = Text(f"{_bar(done, done + left)} {done} of {done + left} answered")
    else:
        line = Text(f"{done} answered, {left} to do" if left else f"{done} answered, nothing waits")
    if view.pauses:
        line.append("; takes nothing in: ")
        causes = (f"{reason} ({pause['cause']})" for reason, pause in view.pauses.items())
        line.append(", ".join(causes), "yellow")
    elif view.next_claim is not None:
        line.append(_waiting(view.next_claim, now, width - line.cell_len), "dim")
    line.truncate(width, overflow="ellipsis")
    return line


def _waiting(claim: "NextClaim", now: datetime, width: int) -> str:
    """Say until when the next file is waited for, and as much of the end of its name as has its place."""
    left_s = max(0, round((claim.at - now).total_seconds()))
    rule = "" if claim.is_whole else "not whole, "
    words = f"; {rule}until {_clock(claim.at)} ({left_s} s): "
    return words + shortened(claim.file, width - cell_len(words))


def shortened(name: str, width: int) -> str:
    """Cut a name that is too long at its beginning: folders go before the file, the file before its ending.

    Parameters
    ----------
    name : str
    width : int
        Cells, at most.

    Returns
    -------
    str
    """
    if cell_len(name) <= width:
        return name
    while name and cell_len(name) >= width:
        name = name[1:]
    return f"\N{HORIZONTAL ELLIPSIS}{name}"


def _bar(done: int, total: int) -> str:
    filled = _BAR if not total else _BAR * done // total
    return "\N{FULL BLOCK}" * filled + "\N{LIGHT SHADE}" * (_BAR - filled)


def _clock(moment: datetime) -> str:
    return moment.astimezone().strftime("%H:%M:%S")
