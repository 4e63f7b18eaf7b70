"""When Python looks for garbage that refers to itself: not while modules are imported.

Nothing that an import makes is garbage, but each walk over all that was made costs milliseconds, and there
are hundreds in one start of the daemon: an eighth of its processor time. What was imported is never looked at
again, so that processes that are forked from this one go on sharing its pages.

References
----------
gc.freeze, gc.disable.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Look for no garbage inside; what is there at its end is never looked at again, unless it failed.

    Yields
    ------
    None
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
