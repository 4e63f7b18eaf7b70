"""Keep a native library's start-up line off standard error."""

import contextlib
import os
from collections.abc import Iterator

_STDERR = 2


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Discard what native code writes to standard error, for the length of a block.

    LiteRT prints "INFO: Created TensorFlow Lite XNNPACK delegate for CPU." with no option against it; between
    the JSON lines of a log it is no JSON. For start-up only: other threads' lines are lost as well.

    Yields
    ------
    None
    """
    try:
        kept = os.dup(_STDERR)
    except OSError:  # there is no standard error
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, _STDERR)
        finally:
            os.close(nowhere)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
