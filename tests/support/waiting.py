"""Waiting for a condition with a deadline; no test sleeps for luck."""

import time

from tests.support.deadlines import factor, measure_factor


def wait_until(condition, *, timeout_s=10.0, every_s=0.02, what="a condition"):
    """Wait until a callable gives something true, and return that.

    Parameters
    ----------
    condition : callable
    timeout_s : float
        On a free machine, seconds; on a busy one as much longer as that is slower, at the start of the tests
        or now.
    every_s : float
        Between two looks, seconds.
    what : str
        What is waited for, to be named if it does not come.
    """
    started = time.monotonic()
    times = factor()
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= started + timeout_s * times:
            now = measure_factor()
            if now <= times:
                raise AssertionError(f"waited {timeout_s * times:.0f} s in vain for {what}")
            times = now
        time.sleep(every_s)  # the one place where tests sleep: between two looks at the condition
