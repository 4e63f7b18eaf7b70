"""A rehearsal from outside: what it needs, its own network and folder, and the rows that come of it."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from daemon.errors import ConfigurationError, DaemonAwayError, MissingFileError
from daemon.network.rehearsal.alone import alone, refuse_if_not_possible
from daemon.network.rehearsal.archive import PROGRAM
from daemon.network.rehearsal.inside import RESULT

COLUMNS: Final = ("file", "sent", "forwarded", "arrived", "answer")
"""Of each row: the file; whether the archive took it, forwarded it, and it arrived bit by bit; the answer."""
_NEEDED: Final = {PROGRAM: "orthanc", "storescu": "dcmtk", "unshare": "util-linux"}


def rehearse(files: Sequence[Path]) -> list[dict[str, Any]]:
    """Send files to an archive, and from there to a receiver, in a network that nothing else reaches.

    Parameters
    ----------
    files : sequence of Path

    Returns
    -------
    list of dict
        A row a file, with `COLUMNS`.

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
    with tempfile.TemporaryDirectory(prefix="inboxray-rehearsal-") as name:
        inside = [sys.executable, "-m", "daemon.network.rehearsal.inside", name]
        inside += [str(file.resolve()) for file in files]
        end = subprocess.run(alone(inside), stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 -- our own words
        if end.returncode != 0:
            last = end.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise DaemonAwayError(f"the rehearsal ended early: {''.join(last)}")
        rows: list[dict[str, Any]] = json.loads((Path(name) / RESULT).read_text(encoding="utf-8"))
    for row, file in zip(rows, files, strict=True):
        row["file"] = str(file)
    return rows
