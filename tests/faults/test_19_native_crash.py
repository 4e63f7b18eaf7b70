"""Fault 19: a decoder that dies costs the one file that killed it.

Break it: blame every file that was in the pool when it broke (`daemon.decoder_pool._POOL_LIVES` = 0).
"""

from tests.support.pictures import png_bytes


def test_each_crash_costs_one_file(hostile_daemon):
    named = {f"{n}.png": b"CRASH" if n % 15 == 7 else png_bytes(n) for n in range(60)}

    codes = hostile_daemon.codes("crash", named)

    assert {n: "decoder_crashed" if data == b"CRASH" else "classified" for n, data in named.items()} == codes
    assert list(codes.values()).count("decoder_crashed") == 4
