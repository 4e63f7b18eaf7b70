"""How a disposable child begins: it ends with its daemon, is silent, and may not take the machine's memory.

References
----------
prctl(2) PR_SET_PDEATHSIG, fcntl(2) O_ASYNC, setrlimit(2).
"""

import ctypes
import fcntl
import multiprocessing
import os
import resource
import select
import signal

from model.reading.preload import keep_memory, use_one_thread

_PR_SET_PDEATHSIG = 1


def start_child(memory_bytes: int) -> int:
    """Set up a fresh child.

    Parameters
    ----------
    memory_bytes : int
        Limit of the address space, bytes.

    Returns
    -------
    int
        A descriptor that has to stay open: with it the child ends with its daemon.
    """
    end_with_parent()
    daemon = multiprocessing.parent_process()
    sentinel = -1 if daemon is None else daemon.sentinel
    if sentinel >= 0:
        end_with(sentinel)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os.close(silence)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for alarm in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(alarm, signal.SIG_DFL)
    keep_memory()
    use_one_thread()
    return sentinel


def end_with_parent() -> None:
    """Let the kernel kill this process when the thread that started it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def end_with(sentinel: int) -> None:
    """Let the kernel end this process by SIGIO when a pipe loses its other end, even inside native code.

    The signal of prctl(2) is that of the parent, which is the forkserver, and that lives as long as any child
    does: with it alone, a busy child would outlive a daemon that was killed.

    Parameters
    ----------
    sentinel : int
        Descriptor of the pipe's end to read from; nothing is ever written to it.
    """
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(sentinel, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(sentinel, fcntl.F_SETFL, fcntl.fcntl(sentinel, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([sentinel], [], [], 0)[0]:
        os._exit(1)  # it was closed before we asked
