"""The spool: the folders that are the queue, who may use them, and the lock on them.

References
----------
flock(2), rename(2).
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from daemon.errors import CannotCreateError, ConfigurationError, SpoolInUseError

PRIVATE_MODE = 0o700
PRIVATE_UMASK = 0o077
"""Of a daemon and its children: patients' data are for its account alone."""
_ROOT_MODE = 0o711  # whoever may use a folder below must get there
_INBOX_MODE = 0o770  # people of a group drop files; systemd/ gives it a group of its own
_EXPORT_MODE = 0o750
PROBE_PREFIX = ".probe-"
_PROBE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Spool:
    """The folders below one root.

    Parameters
    ----------
    root : Path
        Absolute path of the spool.
    """

    root: Path

    @property
    def inbox(self) -> Path:
        """Where people and machines write."""
        return self.root / "inbox"

    @property
    def claimed(self) -> Path:
        """Where a file lies while it is worked on: ``<scan_id>/<path below inbox>``."""
        return self.root / "claimed"

    @property
    def done(self) -> Path:
        """Files with a classified or rejected row, a folder a UTC day."""
        return self.root / "done"

    @property
    def failed(self) -> Path:
        """Files with a failed row, each with its reason file."""
        return self.root / "failed"

    @property
    def png(self) -> Path:
        """Pictures of classified scans, if they are kept; a folder a UTC day, as in ``done/``."""
        return self.root / "png"

    @property
    def export(self) -> Path:
        """What people open: CSV."""
        return self.root / "export"

    @property
    def requeued(self) -> Path:
        """Notes of `inboxray requeue`, one an inode, read when the file is claimed."""
        return self.root / ".requeued"

    @property
    def status_file(self) -> Path:
        """What the running daemon says of itself."""
        return self.root / ".status.json"

    @property
    def schedule_file(self) -> Path:
        """What the daemon wrote of its calendar jobs."""
        return self.root / ".schedule.json"

    @property
    def lock_file(self) -> Path:
        """The file whose lock the daemon holds."""
        return self.root / ".lock"


def create(spool: Spool) -> None:
    """Make the folders that are missing.

    Raises
    ------
    CannotCreateError
        A folder cannot be made.
    """
    try:
        spool.root.parent.mkdir(parents=True, exist_ok=True)
        for folder, mode in (
            (spool.root, _ROOT_MODE),
            (spool.inbox, _INBOX_MODE),
            (spool.export, _EXPORT_MODE),
        ):
            if not folder.is_dir():
                folder.mkdir()
                folder.chmod(mode)  # by name: the daemon's umask leaves a group nothing
        for folder in (spool.claimed, spool.done, spool.failed, spool.requeued):
            folder.mkdir(exist_ok=True, mode=PRIVATE_MODE)
    except OSError as error:
        raise CannotCreateError(
            f"cannot make the folders of the spool {spool.root}: {error.strerror}. "
            "Choose another with the setting `spool`, or let the daemon's user write there."
        ) from error


def prove_renames(spool: Spool) -> None:
    """Show that a file can be renamed through all the folders; to be called by whoever holds the lock.

    Equal device numbers do not prove that: two bind mounts of one file system have them, and refuse.

    Raises
    ------
    ConfigurationError
        A rename from one folder to the next is refused.
    """
    try:
        _rename_through(spool)
    except OSError as error:
        reason = "they lie on different mounts" if error.errno == errno.EXDEV else str(error.strerror)
        raise ConfigurationError(
            f"files cannot be renamed between inbox, claimed, done and failed of {spool.root}: {reason}. "
            "Put all four on one mount that the daemon's user may write."
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


@contextmanager
def hold_lock(spool: Spool) -> Iterator[None]:
    """Hold the spool for this process alone.

    The lock is on an open descriptor that no child inherits, so it ends with the process, however that ends;
    the file stays and means nothing by itself.

    Raises
    ------
    SpoolInUseError
        Another process holds it; the message names its process id.
    CannotCreateError
        The spool cannot be written.
    """
    try:
        descriptor = os.open(spool.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotCreateError(
            f"cannot write to the spool {spool.root}: {error.strerror}. "
            "Choose another with the setting `spool`, or let the daemon's user write there."
        ) from error
    try:
        try:
            _take(descriptor)
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


def _take(descriptor: int) -> None:
    """Take the lock, and mistake nobody for a daemon who only looks for one, as `is_held` does."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # refused while a daemon holds it
        else:
            return


def is_held(spool: Spool) -> bool:
    """Tell whether a daemon holds the spool now."""
    try:
        descriptor = os.open(spool.lock_file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def reaches(spool: Spool) -> bool:
    """Tell whether the inbox itself is on one mount with the other folders, whatever lies deeper in it."""
    try:
        _rename_through(spool)
    except OSError:
        return False
    return True


def probe_disk(spool: Spool) -> bool:
    """Tell whether something can be written to the spool, synced, and renamed through its folders now."""
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
