"""How long tests wait before they call something broken: longer on a busy machine than on a free one.

How much slower this machine is than a free one is measured at the start of the tests, and every limit is
multiplied by it, and by how many tests run at once for each core. Only a test that fails ever reaches a
limit, so a generous one costs nothing.
"""

import hashlib
import os
import time

VARIABLE = "TESTS_TIME_FACTOR"
_NOMINAL_S = 0.1  # of the work below, on one free core
_ROUNDS = 400_000
_MOST = 100.0


def measure_factor():
    """Time a piece of work that takes a tenth of a second on a free machine.

    Returns
    -------
    float
        How many times as long it took, between 1 and 100.
    """
    started = time.perf_counter()
    hashlib.pbkdf2_hmac("sha256", b"inboxray", b"tests", _ROUNDS)
    return min(_MOST, max(1.0, (time.perf_counter() - started) / _NOMINAL_S))


def crowding(workers):
    """Give how much slower a test is beside others, in the worst case: when none of them waits for something.

    Parameters
    ----------
    workers : int
        Processes that run tests.

    Returns
    -------
    float
        At least 1.
    """
    return max(1.0, workers / len(os.sched_getaffinity(0)))


def factor():
    """Give the factor that was measured at the start."""
    return float(os.environ.get(VARIABLE, "1"))


def is_within(took_s, seconds):
    """Tell whether something took no longer than it may.

    Parameters
    ----------
    took_s : float
        It took, seconds.
    seconds : float
        It may take on a free machine; on a busy one as much longer as that is slower, at the start of the
        tests or now, as `tests.support.waiting.wait_until` waits.

    Returns
    -------
    bool
    """
    return took_s < scaled(seconds) or took_s < seconds * measure_factor()


def scaled(seconds):
    """Give a limit for this machine.

    Parameters
    ----------
    seconds : float
        On a free machine.

    Returns
    -------
    float
        Seconds.
    """
    return seconds * factor()
