"""How far long work is: a bar on a terminal, a line a stage in a pipe, always on stderr."""

import sys
from collections.abc import Iterable
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID, track

from daemon.cli.fitting_clock import FIT, FittingClock, in_words
from daemon.cli.output import Format, note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model.lab.training.train_settings import Progress

_T = TypeVar("_T")


def tracked(items: Iterable[_T], total: int, title: str, form: Format) -> Iterable[_T]:
    """Show on a terminal how far it is; stay quiet in a pipe, and where rows go to the same terminal.

    Parameters
    ----------
    items : iterable
        Rows come of them, as they come.
    total : int
        How many there will be.
    title : str
    form : Format
        A table is printed when all is done.

    Returns
    -------
    iterable
        The same items.
    """
    if not sys.stderr.isatty() or (sys.stdout.isatty() and form is not Format.TABLE):
        return items
    return track(items, title, total=total, console=Console(stderr=True), transient=True)


@contextmanager
def stage_progress() -> "Iterator[Callable[[str, int, int], None]]":
    """Yield a callback for a stage, how much of it is done, and of how much; silent in a pipe.

    Yields
    ------
    object
    """
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    with Bars(console=Console(stderr=True), transient=True) as bars:
        stages: dict[str, TaskID] = {}

        def on_progress(stage: str, done: int, total: int) -> None:
            if stage not in stages:
                stages[stage] = bars.add_task(stage)
            bars.update(stages[stage], completed=done, total=total or None)

        yield on_progress


@contextmanager
def training_progress(clock: FittingClock | None = None) -> "Iterator[Callable[[Progress], None]]":
    """Yield a callback for the progress of a training: its stages, and the time that all fittings still take.

    Parameters
    ----------
    clock : FittingClock, optional
        Without one no time is given.

    Yields
    ------
    object
    """
    shown = _named if clock is None else partial(_timed, clock)
    if not sys.stderr.isatty():
        yield _each_once(shown)
        return
    with Bars(console=Console(stderr=True)) as bars:
        stages: dict[str, TaskID] = {}

        def on_progress(progress: "Progress") -> None:
            name, left = shown(progress)
            if name not in stages:
                stages[name] = bars.add_task(name)
            bars.update(
                stages[name], description=name + left, completed=progress.done, total=progress.total or None
            )

        yield on_progress


def _named(progress: "Progress") -> tuple[str, str]:
    return progress.stage, ""


def _timed(clock: FittingClock, progress: "Progress") -> tuple[str, str]:
    """Name a stage, or which fitting it is; and say how long all fittings still take, once that is known."""
    seconds = clock.seconds_left(progress)
    name = clock.name if progress.stage == FIT else progress.stage
    return name, "" if seconds is None else f", {in_words(seconds)} left"


def _each_once(shown: "Callable[[Progress], tuple[str, str]]") -> "Callable[[Progress], None]":
    """Say each name once, and once more as soon as the time that is left is known."""
    seen: set[tuple[str, bool]] = set()

    def on_progress(progress: "Progress") -> None:
        name, left = shown(progress)
        if (name, bool(left)) not in seen:
            seen.add((name, bool(left)))
            note(f"training: {name}{left}")

    return on_progress
