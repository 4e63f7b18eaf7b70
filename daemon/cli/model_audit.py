"""`model audit`: what labelled pictures are made of."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID

from daemon.cli.output import note, write_json, write_pairs


def audit(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFEST|FOLDER",
            help="A manifest.csv, or a folder: with one, with a folder a class, or with train, val and test.",
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Write JSON, table, contact sheets and a manifest for training there."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print all of it as JSON.")] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that decode.")] = 2,
) -> None:
    """Find copies, sources, likely patients, odd files, and how well style alone predicts the label.

    Nothing is changed. Copies are found however turned, mirrored or re-encoded. The style floor needs the
    extra `train`.
    """
    from daemon.errors import MissingFileError
    from model.lab.audit.audit import audit as start
    from model.lab.audit.report import as_json, table, write_report

    if not data.exists():
        raise MissingFileError(f"there is no file or folder {data}")
    with _stages() as on_progress:
        found = start(data, jobs, on_progress)
    if out is not None:
        write_report(found, out)
        note(f"written to {out}: audit.json, audit.md, manifest.csv and contact sheets")
    if json:
        write_json(as_json(found))
    else:
        write_pairs(table(found))


@contextmanager
def _stages() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar a stage on a terminal; stay quiet in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _total: None
        return
    with Bars(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def on_progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done)

        yield on_progress
