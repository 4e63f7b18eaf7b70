"""What a child drops before it opens a hostile file: all but reading its libraries, and what it was given.

It holds outside systemd too, in a container, and for any user. Each layer is put on where the kernel has it;
where one is missing the others stand, and the child says which hold: `inboxray config check --sandbox`.

References
----------
prctl(2) PR_SET_NO_NEW_PRIVS; landlock(7); seccomp(2).
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from daemon.decoding.landlock import read_only
from daemon.decoding.seccomp import restrict_calls

_PR_SET_NO_NEW_PRIVS = 38
_INSTALLED = ("site-packages", "dist-packages", "lib-dynload")
_OWN = ("daemon", "model", "storage")
_MOST_DESCRIPTORS = 65_536  # that are closed where the system does not say which are open


@dataclass(frozen=True, slots=True)
class Confinement:
    """What holds for a child.

    Parameters
    ----------
    has_no_new_privileges : bool
        No program that it starts could gain any.
    landlock : int
        Version of Landlock that keeps it to its libraries; 0: it could read what the daemon can.
    is_filtered : bool
        The kernel refuses it all system calls that decoding does not need.
    """

    has_no_new_privileges: bool = False
    landlock: int = 0
    is_filtered: bool = False

    @property
    def is_whole(self) -> bool:
        """True if nothing is missing."""
        return self.has_no_new_privileges and self.landlock > 0 and self.is_filtered


def confine(kept: Iterable[int]) -> Confinement:
    """Drop everything that decoding does not need, for good.

    Parameters
    ----------
    kept : iterable of int
        Descriptors that stay open.

    Returns
    -------
    Confinement
    """
    os.environ.clear()
    sys.dont_write_bytecode = True
    folders = library_folders()
    close_all_but(kept)
    libc = ctypes.CDLL(None, use_errno=True)
    has_none = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    return Confinement(has_none, read_only(folders), restrict_calls())


def library_folders() -> list[str]:
    """Return where what a decoder imports or links later on lies.

    Returns
    -------
    list of str
        The folders of Python, of installed packages, of this program, and of the libraries that are loaded.
    """
    found = {os.path.dirname(os.__file__)}
    found |= {entry for entry in sys.path if os.path.basename(entry) in _INSTALLED}
    for name in _OWN:
        package = sys.modules.get(name)
        found |= set(package.__path__ if package is not None else ())
    found |= _folders_of_loaded_libraries()
    return sorted({os.path.realpath(folder) for folder in found if folder})


def _folders_of_loaded_libraries() -> set[str]:
    folders = set()
    with suppress(OSError), open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        for line in maps:
            path = line.rstrip("\n").partition("/")
            name = os.path.basename(path[2])
            if path[1] and (name.endswith(".so") or ".so." in name):
                folders.add(os.path.dirname(path[1] + path[2]))
    return folders - {"/"}


def close_all_but(kept: Iterable[int]) -> None:
    """Close what was inherited and is not needed: a forkserver's children have its channels.

    Parameters
    ----------
    kept : iterable of int
        Descriptors that stay open, besides the standard ones.
    """
    for descriptor in _open_descriptors() - {0, 1, 2, *kept}:
        with suppress(OSError):  # that of the list itself is closed by now
            os.close(descriptor)


def _open_descriptors() -> set[int]:
    """Return what is open.

    A container may allow a billion descriptors, and Python closes a range number by number where it was built
    beside a C library without close_range(2): minutes for each child.
    """
    try:
        return {int(name) for name in os.listdir("/proc/self/fd")}
    except OSError:  # no /proc
        return set(range(_MOST_DESCRIPTORS))
