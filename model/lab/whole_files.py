"""Files of a training or an evaluation that are whole or not there; the old one stands until the new one is.

What the daemon and the database write has its own home (`storage.durable`), which this package may not know.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, *, is_synced: bool = False) -> Iterator[BinaryIO]:
    """Yield a new file that takes the place of `path` when the block ends well, and else is removed.

    Parameters
    ----------
    path : Path
        Its folder is there. One process writes it at a time: what a killed one left is written over.
    is_synced : bool
        The content is on disk before the file has its name: for what takes long to make again.

    Yields
    ------
    binary file

    Raises
    ------
    OSError
        It cannot be made, written or renamed; the old file stands.
    """
    beside = path.with_name(f".{path.name}.tmp")
    try:
        with beside.open("wb") as stream:
            yield stream
            stream.flush()
            if is_synced:
                os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def replace_file(path: Path, content: bytes, *, is_synced: bool = False) -> None:
    """Write a file in one step; parameters and errors are those of `replacing`."""
    with replacing(path, is_synced=is_synced) as stream:
        stream.write(content)
