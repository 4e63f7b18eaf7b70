"""An empty spool for a trial."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree

from daemon.errors import CannotCreateError
from daemon.spool.folders import Spool, create


@contextmanager
def scratch_spool(named: Path | None, *, keep: Callable[[], bool]) -> Iterator[Spool]:
    """Make an empty spool, and remove it afterwards.

    Parameters
    ----------
    named : Path or None
        Must not be there yet, or be an empty folder; without it, one among the temporary files.
    keep : callable
        Asked in the end.

    Yields
    ------
    Spool

    Raises
    ------
    CannotCreateError
        The folder holds something.
    """
    root = Path(tempfile.mkdtemp(prefix="inboxray-soak-")) if named is None else named.expanduser().absolute()
    try:
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise CannotCreateError(
                f"{root} is not empty: a soak needs an empty spool; "
                "name a folder that is not there yet, or leave --spool out"
            )
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotCreateError(f"cannot make the spool {root}: {error.strerror}; name another") from None
    spool = Spool(root)
    create(spool)
    try:
        yield spool
    finally:
        if not keep():
            rmtree(root, ignore_errors=True)
