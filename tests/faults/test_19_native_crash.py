"""Fault 19: a decoder that dies costs the one file that killed it.

Break it: blame every file that was in the pool when it broke (`daemon.decoding.pool._POOL_LIVES` = 0).
"""

from tests.support.pictures import png_bytes


def test_each_crash_costs_one_file(hostile_daemon, size):
    count, every = size((100, 20), (2000, 50))
    named = {f"{n}.png": b"CRASH" if n % every == 7 else png_bytes(n) for n in range(count)}

    codes = hostile_daemon.codes("crash", named, timeout_s=60 + count / 4)

    assert {n: "decoder_crashed" if data == b"CRASH" else "classified" for n, data in named.items()} == codes
    assert list(codes.values()).count("decoder_crashed") == size(5, 40)
