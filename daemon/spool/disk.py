"""What the disk under a spool can do now: rename between its folders, and take something.

References
----------
rename(2), fsync(2).
"""

import errno
import os
from contextlib import suppress
from pathlib import Path

from daemon.errors import ConfigurationError, InputOutputError, errno_name
from daemon.spool.folders import Spool

PROBE_PREFIX = ".probe-"
_MAY_PASS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})

_PROBE_BYTES = 1 << 20


def prove_renames(spool: Spool) -> None:
    """Show that a file can be renamed through all the folders; call it while holding the lock.

    Equal device numbers do not prove that: two bind mounts of one file system have them, and refuse.

    Parameters
    ----------
    spool : Spool

    Raises
    ------
    ConfigurationError
        A rename from one folder to the next is refused: for rights, or because of mounts.
    InputOutputError
        The disk takes nothing now: no room, no inodes, no quota, or it is broken. To start again may help.
    """
    try:
        _rename_through(spool)
    except PermissionError as error:
        folder = Path(os.fsdecode(error.filename2 or error.filename)).parent
        raise ConfigurationError(
            f"the daemon's user may not write to the folder {folder.name} of the spool {spool.root}: "
            f"{error.strerror}. Give it the rights on {folder} (chown, chmod), or run it as its user."
        ) from error
    except OSError as error:
        if error.errno in _MAY_PASS:
            raise InputOutputError(
                f"the disk under the spool {spool.root} takes nothing now ({errno_name(error)}): make "
                "room, for files too (`df -i`), or mend it, then start again; a quota counts as well"
            ) from error
        reason = "they lie on different mounts" if error.errno == errno.EXDEV else str(error.strerror)
        raise ConfigurationError(
            f"files cannot be renamed between inbox, claimed, done and failed of {spool.root}: {reason}. "
            "Put all four on one mount."
        ) from error


def _rename_through(spool: Spool) -> None:
    name = f"{PROBE_PREFIX}{os.getpid()}"
    probe = spool.inbox / name
    try:
        probe.touch()
        for folder in (spool.claimed, spool.done, spool.failed, spool.inbox):
            probe = probe.rename(folder / name)
    finally:
        probe.unlink(missing_ok=True)


def reaches(spool: Spool) -> bool:
    """Return whether the inbox itself is on one mount with the other folders, whatever lies deeper in it.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    bool
    """
    try:
        _rename_through(spool)
    except OSError:
        return False
    return True


def probe_disk(spool: Spool) -> bool:
    """Return whether something can be written to the spool, synced, and renamed through its folders now.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    bool
    """
    probe = spool.claimed / f"{PROBE_PREFIX}{os.getpid()}"
    try:
        with probe.open("wb") as file:
            file.write(bytes(_PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
        _rename_through(spool)
    except OSError:
        return False
    finally:
        with suppress(OSError):
            probe.unlink()
    return True
