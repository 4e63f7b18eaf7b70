"""A file takes the place of another in one step: a reader of the name finds the old one or the new one.

References
----------
rename(2), fsync(2), flock(2).
"""

import fcntl
import glob
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Final

from storage.durable.sync import sync_folder

_MAX_NAME_BYTES: Final = 255
_BUFFER_BYTES: Final = 1 << 18


class Synced(Enum):
    """What is on disk once the new file has its name; the death of a process costs the change at most."""

    NOTHING = "nothing"
    """After a loss of power it may be the old one, or empty: for what is soon written again or made anew."""
    CONTENT = "content"
    """The name never leads to less than a whole file; it may still lead to the old one, until the caller has
    synced the folder, which pays for many files at once."""
    CONTENT_AND_NAME = "content and name"
    """The new file is there to stay."""


@contextmanager
def replacing(
    path: Path, synced: Synced, *, mode: int | None = None, writer: str | None = None
) -> Iterator[BinaryIO]:
    """Yield a new file that takes the place of `path` when the block ends well, and else is removed.

    The new file lies beside `path`, hidden, under a name that ends in ``.tmp`` and that no inbox takes. It is
    locked while it is written, so that `remove_leftovers` knows it from one whose writer was killed.

    Parameters
    ----------
    path : Path
        Its folder is there.
    synced : Synced
    mode : int, optional
        Permissions of the new file, whatever the umask; by default as it gives them.
    writer : str, optional
        Names a writer of which there is never more than one at a time: it writes over what it left when it
        was killed. Without it each new file has a name of its own, and several may be written at once.

    Yields
    ------
    binary file
        Its ``name`` is its path, for those who must open it by that.

    Raises
    ------
    OSError
        It cannot be made, written, synced or renamed; the old file stands.
    """
    beside, descriptor = _create(path, writer, 0o666 if mode is None else 0o600)
    try:
        with open(beside, "wb", _BUFFER_BYTES, opener=lambda *_: descriptor) as stream:
            if mode is not None:
                os.fchmod(descriptor, mode)
            yield stream
            stream.flush()
            if synced is not Synced.NOTHING:
                os.fsync(descriptor)
            os.replace(beside, path)  # noqa: PTH105 -- the call that tests let fail
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    if synced is Synced.CONTENT_AND_NAME:
        sync_folder(path.parent)


def replace_file(
    path: Path, content: bytes, synced: Synced, *, mode: int | None = None, writer: str | None = None
) -> None:
    """Write a file in one step; parameters and errors are those of `replacing`."""
    with replacing(path, synced, mode=mode, writer=writer) as stream:
        stream.write(content)


def new_file_of(path: Path, writer: str) -> Path:
    """Return the file that a writer with a name writes before it takes the place of `path`.

    Parameters
    ----------
    path : Path
    writer : str
        As of `replacing`.

    Returns
    -------
    Path
    """
    return path.with_name(f".{_shortened(path)}.{writer}.tmp")


def is_unfinished(name: bytes) -> bool:
    """Return whether a file is, by its name, one that takes the place of another when it is whole.

    Parameters
    ----------
    name : bytes
        Of the file in its folder.

    Returns
    -------
    bool
    """
    return name.startswith(b".") and name.endswith(b".tmp")


def remove_leftovers(path: Path, beside: Sequence[str] = ()) -> None:
    """Remove the new files of `path` whose writers were killed; one that is still written is locked.

    Parameters
    ----------
    path : Path
        The file that is replaced.
    beside : sequence of str
        Endings of what the writer keeps beside a new file, under its name: SQLite's ``-journal``.
    """
    pattern = f".{glob.escape(_shortened(path))}.*.tmp"
    for leftover in path.parent.glob(pattern):
        with suppress(OSError), leftover.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink()
    for ending in beside:
        for leftover in path.parent.glob(pattern + ending):
            if not leftover.with_name(leftover.name.removesuffix(ending)).exists():
                with suppress(OSError):
                    leftover.unlink()


def _create(path: Path, writer: str | None, mode: int) -> tuple[Path, int]:
    """Create the new file and lock it; give its path and its descriptor."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    flags |= os.O_EXCL if writer is None else os.O_TRUNC
    while True:
        beside = new_file_of(path, writer or secrets.token_hex(4))
        descriptor = os.open(beside, flags, mode)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return beside, descriptor
        os.close(descriptor)  # it was taken for a leftover before it was locked


def _shortened(path: Path) -> str:
    """Give the name of a file, cut so that what is put around it fits into a folder."""
    name = os.fsencode(path.name)
    return os.fsdecode(name[: _MAX_NAME_BYTES - 64])
