"""How far long work is: a bar on a terminal, a line a stage in a pipe, always on stderr."""

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID

from daemon.cli.output import note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from model.training.train import Progress


@contextmanager
def training_progress() -> "Iterator[Callable[[Progress], None]]":
    """Yield what a training tells its progress to."""
    if not sys.stderr.isatty():
        yield _each_stage_once()
        return
    with Bars(console=Console(stderr=True)) as bars:
        stages: dict[str, TaskID] = {}

        def tell(progress: "Progress") -> None:
            if progress.stage not in stages:
                stages[progress.stage] = bars.add_task(progress.stage)
            bars.update(stages[progress.stage], completed=progress.done, total=progress.total or None)

        yield tell


def _each_stage_once() -> "Callable[[Progress], None]":
    seen: set[str] = set()

    def tell(progress: "Progress") -> None:
        if progress.stage not in seen:
            seen.add(progress.stage)
            note(f"training: {progress.stage}")

    return tell
