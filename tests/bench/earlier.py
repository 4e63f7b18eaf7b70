"""An earlier revision of inboxray as a contender, on the same libraries: only our own code differs."""

import os
import shutil
import subprocess
from contextlib import contextmanager

from tests.bench.contenders import Inboxray
from tests.support.shared import ROOT


class UnknownRevisionError(Exception):
    """There is no such revision in this repository."""


@contextmanager
def checked_out(revision, folder):
    """Lay an earlier revision beside the files of the benchmark, and take it away at the end.

    Parameters
    ----------
    revision : str
        As git names it.
    folder : Path
        Made for it; must not exist.

    Yields
    ------
    Path

    Raises
    ------
    UnknownRevisionError
        Git does not know it, or this is no clone.
    """
    try:
        _git("worktree", "add", "--detach", str(folder), revision)
    except subprocess.CalledProcessError as error:
        remedy = "name one of `git log`; a clone without history has none"
        raise UnknownRevisionError(
            f"{revision} cannot be checked out: {error.stderr.strip()}; {remedy}"
        ) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _git("worktree", "prune")


def _git(*arguments):
    subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True)


class Earlier(Inboxray):
    """`inboxray run` of another checkout.

    Parameters
    ----------
    checkout : Path
    folder : Path
    cores : set of int, optional
    settings
        By their names.
    """

    def __init__(self, checkout, folder, cores=None, **settings):
        super().__init__(folder, cores, **settings)
        self._checkout = checkout

    def _environment(self):
        path = os.pathsep.join(filter(None, (str(self._checkout), os.environ.get("PYTHONPATH"))))
        return super()._environment() | {"PYTHONPATH": path}
