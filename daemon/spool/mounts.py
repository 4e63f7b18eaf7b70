"""Which file system a path lies on: events and SQLite's locks cannot be trusted across a network.

References
----------
proc_pid_mountinfo(5), inotify(7) "Limitations and caveats", https://sqlite.org/wal.html.
"""

import os
import re
from pathlib import Path

from daemon.errors import ConfigurationError
from storage.urls import is_sqlite, sqlite_path

NETWORK_TYPES = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "lustre", "afs", "ncpfs", "beegfs"}
)
_HOST_TYPES = frozenset(
    {"virtiofs", "vboxsf", "prl_fs", "fuse.vmhgfs-fuse", "osxfs", "fuse.osxfs", "fuse.grpcfuse", "fakeowner"}
)  # folders of the host of a virtual machine: Docker Desktop's and podman machine's among them
_WITH_HOLES = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "overlay"})
_NETWORK_PREFIXES = ("fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.rclone", "fuse.s3fs", "fuse.davfs")
_ESCAPED = re.compile(r"\\([0-7]{3})")  # how the kernel writes blanks, newlines and backslashes


def filesystem_type(path: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> str | None:
    """Name the type of the file system that holds a path.

    Parameters
    ----------
    path : Path
        An existing path.
    mountinfo : Path
        The kernel's table of mounts.

    Returns
    -------
    str or None
        As mount(8) names it, ``ext4`` or ``nfs4``; None where the kernel does not say.
    """
    try:
        lines = mountinfo.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    real = os.path.realpath(path)
    best: tuple[int, str] | None = None
    for line in lines:
        fields, _, rest = line.partition(" - ")
        mount_point = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), fields.split()[4])
        inside = real == mount_point or real.startswith(mount_point.rstrip("/") + "/")
        if inside and (best is None or len(mount_point) >= best[0]):
            best = (len(mount_point), rest.split()[0])
    return best[1] if best else None


def is_network(filesystem: str | None) -> bool:
    """Return whether a type of file system is reached over a network.

    Parameters
    ----------
    filesystem : str or None

    Returns
    -------
    bool
    """
    return filesystem is not None and (
        filesystem in NETWORK_TYPES or filesystem.startswith(_NETWORK_PREFIXES)
    )


def keeps_holes(filesystem: str | None) -> bool:
    """Return whether a hole in a file is a part that was never written, and zeros that were are none.

    ZFS makes holes of zeros, and a server's file system, seen across a network, may be one.

    Parameters
    ----------
    filesystem : str or None

    Returns
    -------
    bool
    """
    return filesystem in _WITH_HOLES


def is_silent(filesystem: str | None) -> bool:
    """Return whether others change a file system without an event here: by a network, or from outside.

    Parameters
    ----------
    filesystem : str or None

    Returns
    -------
    bool
    """
    return is_network(filesystem) or filesystem in _HOST_TYPES


def refuse_sqlite_on_network(url: str) -> None:
    """Refuse a SQLite file on a file system whose locks cannot be trusted.

    Parameters
    ----------
    url : str

    Raises
    ------
    ConfigurationError
        Names the setting for PostgreSQL.
    """
    if not is_sqlite(url):
        return
    folder = sqlite_path(url).parent
    filesystem = filesystem_type(folder)
    if is_network(filesystem):
        raise ConfigurationError(
            f"the database would be a SQLite file on {folder}, which lies on the network ({filesystem}): "
            "its locks and its write-ahead log do not work there. Set `database_url` to a PostgreSQL "
            "server, or to a SQLite file on a local disk."
        )
