"""The process from which children are forked: it imports what they need while the daemon imports its own.

It has the umask, folder, environment and outputs of the process that starts it, and no other descriptor:
children that were forked from the daemon itself would inherit the lock of the spool.

References
----------
multiprocessing, Contexts and start methods: forkserver.
"""

import errno
import multiprocessing
import os
import tempfile
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

from daemon.errors import ConfigurationError, InputOutputError, errno_name
from daemon.spool.folders import PRIVATE_UMASK

_SHARED_MEMORY = "/dev/shm"  # noqa: S108 -- where the C library keeps semaphores: sem_overview(7)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.ENOMEM})

_IMPORTS = ["daemon.decoding.preloaded"]


def server() -> ForkServerContext:
    """Return the context in which children start; its process starts with the first of them.

    Returns
    -------
    ForkServerContext

    Raises
    ------
    ConfigurationError
        They could not start here: see `check_surroundings`.
    """
    check_surroundings()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTS)
    return context


def check_surroundings() -> None:
    """Refuse a place, such as a bare container, where processes can share no lock or no socket.

    Raises
    ------
    ConfigurationError
        There is no shared memory, or no folder for temporary files.
    InputOutputError
        There is, and it is full.
    """
    try:
        multiprocessing.get_context("fork").Lock()
    except OSError as error:
        if error.errno in _FULL:
            raise InputOutputError(
                f"{_SHARED_MEMORY} is full ({errno_name(error)}), and processes need it for their locks: "
                "remove what was left there, or mount a larger tmpfs"
            ) from error
        raise ConfigurationError(
            f"{_SHARED_MEMORY} is missing or closed ({errno_name(error)}), and processes need it for their "
            f"locks: mount a tmpfs at {_SHARED_MEMORY}; in a container, leave out --ipc=none"
        ) from error
    try:
        tempfile.gettempdir()
    except FileNotFoundError as error:
        full = [folder for folder in (os.environ.get("TMPDIR"), "/tmp") if folder and _is_full(folder)]  # noqa: S108
        if full:
            raise InputOutputError(
                f"the folder for temporary files is full: make room in {full[0]}, for files too (`df -i`)"
            ) from error
        raise ConfigurationError(
            "there is no folder for temporary files that can be written: mount a tmpfs at /tmp (--tmpfs /tmp "
            "in a container), or name a folder by the variable TMPDIR"
        ) from error


def _is_full(folder: str) -> bool:
    """Return whether the disk under a folder has no room, or no inode, for another file."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_bavail == 0 or (disk.f_files > 0 and disk.f_favail == 0)


def start_early() -> None:
    """Start the process for a daemon, before what the daemon itself needs is imported; takes milliseconds.

    Sets the umask of both, and leaves a folder that is closed to us. What children must not know has to be
    out of the environment by now.
    """
    os.umask(PRIVATE_UMASK)
    leave_closed_folder()
    server()
    forkserver.ensure_running()


def leave_closed_folder() -> None:
    """Go to the root if the folder in which we stand is gone, or is not ours to enter.

    A child goes where its parent stands, and ends at once if it may not: called from root's home, a service's
    account would fail every file as `decoder_crashed`.

    References
    ----------
    multiprocessing.spawn.get_preparation_data
    """
    try:
        os.chdir(os.getcwd())
    except OSError:
        os.chdir("/")
