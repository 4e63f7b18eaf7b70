"""The process from which children are forked: it imports what they need while the daemon imports its own.

It has the umask, the folder, the environment and the outputs of whoever starts it, and no other descriptor:
children that were forked from the daemon itself would inherit the lock of the spool.

References
----------
multiprocessing, Contexts and start methods: forkserver.
"""

import multiprocessing
import os
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext

from daemon.spool.folders import PRIVATE_UMASK

_IMPORTS = ["daemon.decoding.decode", "daemon.decoding.preloaded"]


def server() -> ForkServerContext:
    """Give the context in which children start; its process starts with the first of them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTS)
    return context


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
