"""The lock on a spool: one daemon, for as long as its process lives.

References
----------
flock(2).
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from daemon.errors import CannotCreateError, SpoolInUseError
from daemon.spool.folders import Spool


@contextmanager
def hold_lock(spool: Spool) -> Iterator[None]:
    """Hold the spool for this process alone.

    The lock is on an open descriptor that no child inherits, so it ends with the process, however that ends;
    the file stays and means nothing by itself.

    Parameters
    ----------
    spool : Spool

    Yields
    ------
    None

    Raises
    ------
    SpoolInUseError
        Another process holds it; the message names its process id.
    CannotCreateError
        The spool cannot be written.
    PermissionError
        The lock that stands there is another user's.
    """
    try:
        descriptor = os.open(spool.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if isinstance(error, PermissionError) and spool.lock_file.exists():
            raise
        raise CannotCreateError(
            f"cannot write to the spool {spool.root}: {error.strerror}. "
            "Choose another with the setting `spool`, or let the daemon's user write there."
        ) from error
    try:
        try:
            take_alone(descriptor)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", errors="replace").strip() or "unknown"
            raise SpoolInUseError(
                f"the spool {spool.root} is in use by another inboxray, process {holder}. "
                "Stop that one first, or give this one a spool of its own."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def take_alone(descriptor: int) -> None:
    """Take a lock for this process alone; one that `is_taken` takes for a moment is waited for.

    Parameters
    ----------
    descriptor : int
        Of a file or folder, of which all who take the lock ask here.

    Raises
    ------
    BlockingIOError
        Another process has it.
    """
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # refused while another has it
        else:
            return


def is_held(spool: Spool) -> bool:
    """Return whether a daemon holds the spool now.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    bool
    """
    try:
        descriptor = os.open(spool.lock_file, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return is_taken(descriptor)


def is_taken(descriptor: int) -> bool:
    """Return whether another process has a lock for itself alone.

    Parameters
    ----------
    descriptor : int
        Of the file or folder; it is closed.

    Returns
    -------
    bool
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
