"""Fault 20: a file that never ends has its deadline, native code or not, and the others go on meanwhile.

Break it: keep the deadline by a Python signal handler instead of the kernel's default action.
"""

import json

from tests.faults.conftest import CALM, Hostile
from tests.support.deadlines import is_within, scaled
from tests.support.pictures import png_bytes

HANGS = (b"ASLEEP", b"ENDLESS")
"""One sleeps for ever, one burns the processor in native code."""


def test_a_hang_ends_at_its_deadline_and_the_pool_goes_on(tmp_path, size):
    count = size(50, 100)
    named = {f"{n}.png": HANGS[n // 10 % 2] if n % 10 == 7 else png_bytes(n) for n in range(count)}
    with Hostile(tmp_path / "spool", **CALM, deadline_s=scaled(1)) as daemon:
        found = daemon.answers("hang", named, timeout_s=100)
        daemon.assert_well()

    codes = {name: row["error_code"] or row["outcome"] for name, row in found.items()}
    assert {name: "deadline" if data in HANGS else "classified" for name, data in named.items()} == codes
    last_good = max(row["finished_at"] for row in found.values() if row["outcome"] == "classified")
    assert last_good < max(row["finished_at"] for row in found.values() if row["outcome"] == "failed")
    assert all(row["sha256"] for row in found.values())
    longest = max(busy(row) for row in found.values() if row["outcome"] == "failed")
    assert is_within(longest - scaled(1), 2)


def busy(row):
    """Seconds that children were busy with a file, in all of its tries."""
    durations = row["durations"]
    return (json.loads(durations) if isinstance(durations, str) else durations)["tried"]
