"""Which files a process may still open: those below a few folders, for any user and without root.

A handful of lines over three system calls: the packages that wrap them are young, and hold no more than this.

References
----------
landlock(7), landlock_create_ruleset(2), landlock_add_rule(2), landlock_restrict_self(2).
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every processor
_ASK_VERSION = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # version to how many rights on files it knows
_NETWORK_RIGHTS: Final = 0b11  # bind and connect by TCP, from version 4 on
_SCOPES: Final = 0b11  # abstract sockets and signals, from version 6 on


def landlock_version() -> int:
    """Return the version that the kernel offers.

    Returns
    -------
    int
        0 if it has none, or it is switched off, or kept from us.
    """
    return max(0, _call(_CREATE_RULESET, None, 0, _ASK_VERSION))


def read_only(folders: Iterable[str]) -> int:
    """Let this process read what lies below some folders, and open nothing else, for good.

    What is open already stays open. `no_new_privs` has to be set before.

    Parameters
    ----------
    folders : iterable of str
        Those that are not there, or that may not be opened, are passed over.

    Returns
    -------
    int
        The version of Landlock that holds from now on; 0 if none does.
    """
    version = landlock_version()
    if version == 0:
        return 0
    handled = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    network, scopes = _NETWORK_RIGHTS if version >= 4 else 0, _SCOPES if version >= 6 else 0
    known = 24 if version >= 6 else 16 if version >= 4 else 8  # bytes of struct landlock_ruleset_attr
    wanted = struct.pack("=QQQ", handled, network, scopes)[:known]
    ruleset = _call(_CREATE_RULESET, wanted, len(wanted), 0)
    if ruleset < 0:
        return 0
    try:
        for folder in folders:
            with suppress(OSError):
                _allow(ruleset, folder)
        return version if _call(_RESTRICT_SELF, ruleset, 0) == 0 else 0
    finally:
        os.close(ruleset)


def _allow(ruleset: int, folder: str) -> None:
    place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", _READ_FILE | _READ_DIR, place)
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(place)


def _call(number: int, *arguments: int | bytes | None) -> int:
    """Make a system call whose integers are as wide as a register."""
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    return int(syscall(ctypes.c_long(number), *wide))
