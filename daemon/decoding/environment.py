"""What a child must not know: the daemon's environment may hold the password of its database."""

import ctypes
import os
from contextlib import suppress


def forget_environment() -> None:
    """Empty the environment of this process, and overwrite what the kernel put into its memory at its start.

    For a process that has imported what reads variables, before it forks any child.

    References
    ----------
    proc_pid_stat(5): env_start, env_end.
    """
    os.environ.clear()
    with suppress(OSError, ValueError, IndexError):  # without /proc it stays in memory
        with open("/proc/self/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        start, end = int(fields[47]), int(fields[48])  # fields 50 and 51, counted from the third
        if 0 < start < end:
            ctypes.memset(start, 0, end - start)
