"""How far long work is: a bar on a terminal, a line a stage in a pipe, always on stderr."""

import sys
from collections.abc import Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID, track

from daemon.cli.output import Format, note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model.lab.training.train import Progress

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
def training_progress() -> "Iterator[Callable[[Progress], None]]":
    """Yield a callback for the progress of a training.

    Yields
    ------
    object
    """
    if not sys.stderr.isatty():
        yield _each_stage_once()
        return
    with Bars(console=Console(stderr=True)) as bars:
        stages: dict[str, TaskID] = {}

        def on_progress(progress: "Progress") -> None:
            if progress.stage not in stages:
                stages[progress.stage] = bars.add_task(progress.stage)
            bars.update(stages[progress.stage], completed=progress.done, total=progress.total or None)

        yield on_progress


def _each_stage_once() -> "Callable[[Progress], None]":
    seen: set[str] = set()

    def on_progress(progress: "Progress") -> None:
        if progress.stage not in seen:
            seen.add(progress.stage)
            note(f"training: {progress.stage}")

    return on_progress
