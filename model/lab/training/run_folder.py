"""The folder of a run: its settings, its digests, its log; and whether a run may go on in it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import ModelError
from model.lab.evaluation.run_files import SETTINGS
from model.lab.training.train_settings import Progress

DIGESTS = "digests.json"
LOG = "log.jsonl"


class RunError(ModelError):
    """A run cannot begin, or go on, in its folder."""

    code = "run_refused"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run keeps what it makes.

    Parameters
    ----------
    path : Path
    progress : callable
        Called with each line of the log.
    """

    path: Path
    progress: Callable[[Progress], None]

    def digests(self) -> dict[str, Any]:
        """Return the digests of all that the result depends on, besides its settings.

        Returns
        -------
        dict of str to object
        """
        found: dict[str, Any] = json.loads((self.path / DIGESTS).read_text(encoding="utf-8"))
        return found

    def log_stage(self, stage: str, done: int = 0, total: int = 0, **facts: Any) -> None:
        """Write a line of the log; a figure that is not a number becomes null.

        Parameters
        ----------
        stage : str
        done, total : int
        """
        line = json.dumps({"stage": stage, "done": done, "total": total, **facts}, allow_nan=False)
        with (self.path / LOG).open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
        self.show(stage, done, total, **facts)

    def show(self, stage: str, done: int = 0, total: int = 0, **facts: Any) -> None:
        """Report progress without a line in the log.

        Parameters
        ----------
        stage : str
        done, total : int
        """
        self.progress(Progress(stage, done, total, facts))


def open_run(
    path: Path,
    settings: Mapping[str, Any],
    digests: Mapping[str, Any],
    progress: Callable[[Progress], None],
    *,
    resume: bool,
) -> RunFolder:
    """Begin a run in a folder, or go on with the one that is there.

    Parameters
    ----------
    path : Path
        Made if it is not there.
    settings, digests : mapping
        All that the result depends on, as JSON knows it.
    progress : callable
        Called with each line of the log.
    resume : bool
        Go on.

    Returns
    -------
    RunFolder

    Raises
    ------
    RunError
        The folder holds a run and it is not to be resumed, or its settings or digests are others.
    """
    asked = {SETTINGS: dict(settings), DIGESTS: dict(digests)}
    begun = (path / SETTINGS).is_file() and (path / DIGESTS).is_file()
    if begun and not resume:
        raise RunError(
            f"the folder {path.name} holds a run already: add --resume to go on with it, "
            "or name another folder"
        )
    if begun:
        for name, values in asked.items():
            _compare(json.loads((path / name).read_text(encoding="utf-8")), values, name)
    path.mkdir(parents=True, exist_ok=True)
    for name, values in asked.items():
        text = json.dumps(values, indent=2, sort_keys=True, allow_nan=False)
        (path / name).write_text(text + "\n", encoding="utf-8")
    run = RunFolder(path, progress)
    if begun:
        run.log_stage("resume")
    return run


def _compare(known: dict[str, Any], asked: dict[str, Any], name: str) -> None:
    for key in sorted({*known, *asked}):
        if (key in known) != (key in asked):
            raise RunError(
                f"the run cannot go on: it was begun by another version of inboxray, as {key} of its {name} "
                "shows; go on with that version, or take another folder"
            )
        before, now = known.get(key), asked.get(key)
        if before != now:
            raise RunError(
                f"the run cannot go on: {key} of its {name} was {_short(before)} and is {_short(now)} now; "
                "give what was given before, or take another folder"
            )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
