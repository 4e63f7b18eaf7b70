"""The spool: the folders that are the queue, who may use them, and the lock on them.

References
----------
flock(2), rename(2).
"""

import difflib
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from daemon.errors import CannotCreateError

PRIVATE_MODE = 0o700
PRIVATE_UMASK = 0o077
"""Of a daemon and its children: patients' data are for its account alone."""
_ROOT_MODE = 0o711  # users of a folder below must get there
_INBOX_MODE = 0o770  # people of a group drop files; systemd/ gives it a group of its own
_EXPORT_MODE = 0o750


@dataclass(frozen=True)
class Spool:
    """The folders below one root.

    Parameters
    ----------
    root : Path
        Absolute path of the spool.
    """

    root: Path

    @cached_property
    def inbox(self) -> Path:
        """Where people and machines write."""
        return self.root / "inbox"

    @cached_property
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
    def previews(self) -> Path:
        """Small pictures of classified scans, for the page; a folder a UTC day and hour of their claims."""
        return self.root / "previews"

    @property
    def export(self) -> Path:
        """What people open: CSV."""
        return self.root / "export"

    @cached_property
    def requeued(self) -> Path:
        """Notes of `inboxray requeue`, one an inode, read when the file is claimed."""
        return self.root / ".requeued"

    @property
    def status_file(self) -> Path:
        """What the running daemon says of itself."""
        return self.root / ".status.json"

    @property
    def probe_file(self) -> Path:
        """What a worker of a cluster must be able to read, to be given paths instead of bytes."""
        return self.claimed / ".cluster-probe"

    @property
    def schedule_file(self) -> Path:
        """What the daemon wrote of its calendar jobs."""
        return self.root / ".schedule.json"

    @property
    def notices_file(self) -> Path:
        """What the daemon announced before it removes files, and for how long it ran since."""
        return self.root / ".notices.json"

    @property
    def audit_file(self) -> Path:
        """Who had what done with scans and answers, a line each."""
        return self.root / ".audit.jsonl"

    @property
    def backfill(self) -> Path:
        """What `inboxray backfill` remembers, a folder an archive."""
        return self.root / ".backfill"

    @property
    def lock_file(self) -> Path:
        """The file whose lock the daemon holds."""
        return self.root / ".lock"


def create(spool: Spool) -> bool:
    """Make the folders that are missing.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    bool
        True if there was no spool before: another may have been meant.

    Raises
    ------
    CannotCreateError
        A folder cannot be made.
    """
    is_new = not spool.inbox.is_dir()
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
        is_other = spool.root.exists() and not spool.root.is_dir()
        raise CannotCreateError(
            f"cannot make the folders of the spool {spool.root}: "
            f"{'it is no folder' if is_other else error.strerror}. "
            "Choose another with the setting `spool`, or let the daemon's user write there."
        ) from error
    return is_new


def similar(spool: Spool) -> Path | None:
    """Find the spool that lies beside a place without one and has nearly its name.

    Parameters
    ----------
    spool : Spool

    Returns
    -------
    Path or None
    """
    with suppress(OSError):
        beside = {path.name: path for path in spool.root.parent.iterdir() if Spool(path).inbox.is_dir()}
        near = difflib.get_close_matches(spool.root.name, beside, n=1)
        return beside[near[0]] if near else None
    return None
