"""Where a worker keeps bytes that were sent to it while they are decoded: never longer than it lives."""

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_PREFIX: Final = "files-"


class Scratch:
    """Files of a worker's own, in a folder that it holds; those of workers that were killed are removed.

    Parameters
    ----------
    folder : Path
        May be shared with other workers of this machine.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._own: Path | None = None
        self._held: int | None = None
        self._remove_left()

    @contextmanager
    def file(self, content: bytes) -> Iterator[bytes]:
        """Lay bytes down for as long as the block lasts.

        Parameters
        ----------
        content : bytes

        Yields
        ------
        bytes
            Path of a file that no other user may open.

        Raises
        ------
        OSError
            The disk takes no file.
        """
        descriptor, path = tempfile.mkstemp(dir=self._ours())
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            yield os.fsencode(path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(path)

    def close(self) -> None:
        """Remove the folder."""
        with self._lock:
            if self._own is not None:
                shutil.rmtree(self._own, ignore_errors=True)
            if self._held is not None:
                os.close(self._held)
            self._own = self._held = None

    def _ours(self) -> Path:
        with self._lock:
            if self._own is None or not self._own.is_dir():
                if self._held is not None:
                    os.close(self._held)
                self._own, self._held = self._made()
            return self._own

    def _made(self) -> tuple[Path, int]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            own = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._folder))
            held = _hold(own)
            if held is not None and own.is_dir():
                return own, held
            if held is not None:  # another worker took it for one that was left, in this moment
                os.close(held)

    def _remove_left(self) -> None:
        """Remove what workers left that were killed: patients' files."""
        for left in self._folder.glob(f"{_PREFIX}*") if self._folder.is_dir() else ():
            held = _hold(left)
            if held is not None:
                shutil.rmtree(left, ignore_errors=True)
                os.close(held)


def _hold(folder: Path) -> int | None:
    """Lock a folder until the descriptor is closed; None if another process holds it, or it is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
