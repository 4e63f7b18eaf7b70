"""Faults 34 and 55: a disk that refuses to sync, and moves that fail after the row was written.

Break it: let `Committer._sync` pass over its error (34); let `daemon.pipeline.recovery.recover` pass over
claims with a row, and `Committer.retry` do nothing (55).
"""

import pytest

from tests.support.failing import Point
from tests.support.ledgers import assert_each_once, own_database, scans
from tests.support.pictures import drop, png_bytes

CALM = {"look_interval_ms": 20, "settle_s": 0.05, "incomplete_wait_s": 0.2, "decode_workers": 1}


def arrive(spool, number=4):
    named = {f"ward/{n}.png": png_bytes(n) for n in range(number)} | {"odd.txt": b"?"}
    for name, data in named.items():
        drop(spool / "inbox" / name, data)
    return named


def test_34_a_disk_that_refuses_to_sync_ends_the_daemon_and_records_nothing(zygote, tmp_path):
    """After EIO the kernel has forgotten what it did not write: to try again would be to lie."""
    spool = tmp_path / "spool"
    named = arrive(spool)

    ended = zygote.once(spool, faults=[(Point("storage.durable.sync", "os.fsync"), "EIO", {})], **CALM)

    assert ended == 74
    assert scans(own_database(spool)) == []
    assert zygote.once(spool, **CALM) == 0
    assert_each_once(spool, own_database(spool), named)


@pytest.mark.parametrize("error", ["ENOSPC", "EACCES"])
@pytest.mark.parametrize(
    "point",
    [
        Point("daemon.spool.dispose", "rename_new"),
        Point("daemon.spool.durability", "os.mkdir"),
        Point("storage.durable.replace", "os.replace", only=".reason.json"),
        Point("daemon.spool.dispose", "remove_claim"),
    ],
)
def test_55_a_move_that_fails_is_made_up_for(zygote, tmp_path, point, error):
    spool = tmp_path / "spool"
    named = arrive(spool, 2)

    ended = zygote.once(spool, faults=[(point, error, {"times": 1})], **CALM)

    assert ended == 0
    assert len(scans(own_database(spool))) == len(named)  # the rows stand, whatever became of the files
    assert '"disposal_failed"' in (tmp_path / "spool.log").read_text()
    assert zygote.once(spool, **CALM) == 0
    assert_each_once(spool, own_database(spool), named)
