"""What lstat(2) shows of a file at one moment; two equal looks mean that nothing was written between.

References
----------
stat(2).
"""

import os
import stat
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """What one lstat(2) shows of a regular file; two that are equal mean that nothing was written between.

    Parameters
    ----------
    device, inode, size, mtime_ns, ctime_ns : int
        As in stat(2); size in bytes, times in nanoseconds since the epoch.
    """

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Look":
        """Take the five numbers out of a stat result.

        Parameters
        ----------
        status : os.stat_result

        Returns
        -------
        Look
        """
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def same_file(self, other: "Look") -> bool:
        """Return whether it is one file, whatever was written to it since.

        Parameters
        ----------
        other : Look

        Returns
        -------
        bool
        """
        return (self.device, self.inode) == (other.device, other.inode)

    def same_content(self, other: "Look") -> bool:
        """Return whether the bytes are the same, whatever was done to the name since.

        A rename changes ctime, so it does not count here.

        Parameters
        ----------
        other : Look

        Returns
        -------
        bool
        """
        return (self.device, self.inode, self.size, self.mtime_ns) == (
            other.device,
            other.inode,
            other.size,
            other.mtime_ns,
        )


def look_at(path: bytes) -> Look | None:
    """Look at a path once.

    Parameters
    ----------
    path : bytes

    Returns
    -------
    Look or None
        None for what is no regular file: a link, folder, FIFO, socket or device.

    Raises
    ------
    OSError
        The path is gone, or may not be looked at.
    """
    status = os.lstat(path)
    return Look.of(status) if stat.S_ISREG(status.st_mode) else None
