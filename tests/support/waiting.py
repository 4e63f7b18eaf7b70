"""Waiting for a condition with a deadline; no test sleeps for luck."""

import time


def wait_until(condition, *, timeout_s=10.0, every_s=0.02, what="a condition"):
    """Wait until a callable gives something true, and return that."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {timeout_s} s in vain for {what}")
        time.sleep(every_s)  # the one place where tests sleep: between two looks at the condition
