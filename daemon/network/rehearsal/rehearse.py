"""A rehearsal from outside: what it needs, its own network and folder, and the rows that come of it."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from daemon.errors import ConfigurationError, DaemonAwayError, MissingFileError
from daemon.network.rehearsal.alone import alone, refuse_if_not_possible
from daemon.network.rehearsal.archive import PROGRAM
from daemon.network.rehearsal.inside import FILES_ALONE, RESULT, WITH_RESULTS

COLUMNS: Final = ("file", "sent", "forwarded", "arrived", "answer")
"""Of each row: the file; whether the archive took it, forwarded it, and it arrived bit by bit; the answer."""
_NEEDED: Final = {PROGRAM: "orthanc", "storescu": "dcmtk", "unshare": "util-linux"}


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What became of everything.

    Parameters
    ----------
    files : list of dict
        A row a file, with `COLUMNS`.
    objects : list of dict
        A row an object, with `daemon.network.rehearsal.objects_back.COLUMNS`.
    failures : list of str
        What failed at the archive: at which step, what happened, and what to do.
    has_results : bool
        False: the answers were not stored, for the extra `pacs` is missing.
    """

    files: list[dict[str, Any]]
    objects: list[dict[str, Any]]
    failures: list[str]
    has_results: bool


def rehearse(files: Sequence[Path]) -> Rehearsed:
    """Send files through an archive to a receiver, and the answers back, where nothing else reaches them.

    Parameters
    ----------
    files : sequence of Path

    Returns
    -------
    Rehearsed

    Raises
    ------
    MissingFileError
        One is not there.
    ConfigurationError
        A program is missing, or a network of its own cannot be had.
    DaemonAwayError
        The archive or the receiver did not come up.
    """
    if not all(file.is_file() for file in files):
        raise MissingFileError("one of the files that were named is not there")
    missing = sorted({package for program, package in _NEEDED.items() if shutil.which(program) is None})
    if missing:
        raise ConfigurationError(
            f"a rehearsal needs programs that are not installed: apt-get install --no-install-recommends "
            f"{' '.join(missing)}"
        )
    refuse_if_not_possible()
    has_results = can_store_results()
    what = WITH_RESULTS if has_results else FILES_ALONE
    with tempfile.TemporaryDirectory(prefix="inboxray-rehearsal-") as name:
        inside = [sys.executable, "-m", "daemon.network.rehearsal.inside", what, name]
        inside += [str(file.resolve()) for file in files]
        end = subprocess.run(alone(inside), stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 -- our own words
        if end.returncode != 0:
            last = end.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise DaemonAwayError(f"the rehearsal ended early: {''.join(last)}")
        found: dict[str, Any] = json.loads((Path(name) / RESULT).read_text(encoding="utf-8"))
    given = {str(file.resolve()): str(file) for file in files}  # as they were named
    for row in (*found["files"], *found["objects"]):
        row["file"] = given[row["file"]]
    return Rehearsed(**found, has_results=has_results)


def can_store_results() -> bool:
    """Return whether the extra `pacs` is installed.

    Returns
    -------
    bool
    """
    return all(find_spec(package) is not None for package in ("highdicom", "pynetdicom", "httpx"))
