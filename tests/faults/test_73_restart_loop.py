"""Fault 73: what ends the daemon beside the same claims at each start does so three times; the rest goes on.

Break it: let `daemon.spool.attempts.is_set_aside` say no, or let `may_be_last` look at crashes alone.
"""

import json

import pytest

from daemon.spool.folders import Spool, create
from tests.support.daemons import inboxray, rows
from tests.support.failing import Point
from tests.support.ledgers import assert_each_once, own_database
from tests.support.pictures import drop, png_bytes

CALM = {"look_interval_ms": 20, "settle_s": 0.05, "incomplete_wait_s": 0.2, "decode_workers": 1}
DISK = Point("daemon.spool.durability", "os.open", only="culprit")
BUG = Point("daemon.pipeline.commit", "record_of", only="culprit")


@pytest.mark.parametrize(("point", "code"), [(DISK, 74), (BUG, 74)])
def test_73_a_claim_beside_which_three_daemons_ended_alike_is_set_aside(zygote, tmp_path, point, code):
    spool = Spool(tmp_path / "spool")
    create(spool)
    named = {f"ward/{n}.png": png_bytes(n) for n in range(3)} | {"culprit/a.png": png_bytes(9)}
    for name, data in named.items():
        drop(spool.inbox / name, data)
    faults = [(point, "EIO", {})]
    ended = [zygote.once(spool.root, faults=faults, **CALM) for _ in range(4)]
    assert ended == [code, code, code, 0], (tmp_path / "spool.log").read_text()

    innocent = {row["source_name"] for row in rows(spool.root)} - {"culprit/a.png"}
    assert innocent == set(named) - {"culprit/a.png"}
    (claimed,) = spool.claimed.glob("*/culprit/a.png")
    scan_id = claimed.relative_to(spool.claimed).parts[0]
    status = json.loads(spool.status_file.read_text())
    assert status["set_aside"] == [scan_id]
    assert scan_id in inboxray(spool.root, "status").stdout

    named["later.png"] = png_bytes(10)
    drop(spool.inbox / "later.png", named["later.png"])
    assert zygote.once(spool.root, faults=faults, **CALM) == 0
    assert "later.png" in {row["source_name"] for row in rows(spool.root)}

    again = inboxray(spool.root, "requeue", "--set-aside")
    assert (again.returncode, again.stdout) == (0, f"{scan_id}\n"), again.stderr
    assert zygote.once(spool.root, **CALM) == 0
    assert_each_once(spool.root, own_database(spool.root), named)
    assert json.loads(spool.status_file.read_text())["set_aside"] == []


def test_73_a_disk_that_is_broken_for_all_fails_no_file(zygote, tmp_path):
    spool = Spool(tmp_path / "spool")
    create(spool)
    named = {f"{n}.png": png_bytes(n) for n in range(2)}
    for name, data in named.items():
        drop(spool.inbox / name, data)
    faults = [(Point("storage.durable.sync", "os.fsync"), "EIO", {})]
    for _ in range(4):
        assert zygote.once(spool.root, faults=faults, **CALM) == 74
    assert inboxray(spool.root, "requeue", "--set-aside").returncode == 0
    assert zygote.once(spool.root, **CALM) == 0
    assert {row["outcome"] for row in rows(spool.root)} == {"classified"}
    assert_each_once(spool.root, own_database(spool.root), named)
