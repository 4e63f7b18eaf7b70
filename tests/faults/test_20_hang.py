"""Fault 20: a file that never ends has its deadline, native code or not, and the others go on meanwhile.

Break it: keep the deadline by a Python signal handler instead of the kernel's default action.
"""

from tests.support.pictures import png_bytes


def test_a_hang_ends_at_its_deadline_and_the_pool_goes_on(hostile_daemon):
    """The order HANG burns the processor in native code, with a deadline of 1 s, twice."""
    named = {f"{n}.png": b"HANG" if n % 15 == 7 else png_bytes(n) for n in range(30)}

    found = hostile_daemon.answers("hang", named)

    codes = {name: row["error_code"] or row["outcome"] for name, row in found.items()}
    assert {name: "deadline" if data == b"HANG" else "classified" for name, data in named.items()} == codes
    last_good = max(row["finished_at"] for row in found.values() if row["outcome"] == "classified")
    assert last_good < max(row["finished_at"] for row in found.values() if row["outcome"] == "failed")
    assert all(row["sha256"] for row in found.values())
