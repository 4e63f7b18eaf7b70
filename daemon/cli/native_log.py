"""Keep the lines that native libraries write to standard error in a file, out of the bars on a terminal."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_STDERR: Final = 2


@contextlib.contextmanager
def native_log_in(path: Path) -> Iterator[None]:
    """Append what native code writes to standard error to a file, for the length of a block.

    TensorFlow and the libraries under it write there from C++, before and beside what settings silence. What
    Python writes to `sys.stderr` goes where it went before.

    Parameters
    ----------
    path : Path
        Its folder is made if it is missing.

    Yields
    ------
    None

    Raises
    ------
    OSError
        It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        kept = os.dup(_STDERR)
    except OSError:  # there is no standard error
        yield
        return
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    sys.stderr.flush()
    try:
        os.dup2(log, _STDERR)
        with (
            os.fdopen(os.dup(kept), "w", buffering=1, errors="backslashreplace") as shown,
            contextlib.redirect_stderr(shown),
        ):
            yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(log)
