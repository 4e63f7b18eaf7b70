"""Fault 72: a claimed file whose path is as long as the kernel takes fails, and gets one lasting answer.

Break it: let `Destinations.choose` keep each path that is free: its reason file has no room, at each try.
"""

import json
import os
from pathlib import Path

import pytest

from daemon.spool.claiming import claim_file
from daemon.spool.dispose import Disposal, dispose
from daemon.spool.folders import Spool, create
from daemon.spool.names import decode_name, encode_name
from tests.faults.conftest import CALM
from tests.support.daemons import inboxray, rows
from tests.support.pictures import png_bytes

SCAN_ID_BYTES = 36


def drop_deep(spool, length, data):
    """Drop a file whose path in ``claimed/`` will have this many bytes; give its path below the inbox."""
    left = length - len(os.fsencode(spool.claimed)) - SCAN_ID_BYTES - 2
    parts = []
    while left > 255:
        size = min(200, left - 2)
        parts.append(b"f" * size)
        left -= size + 1
    source = b"/".join([*parts, b"n" * (left - 4) + b".png"])
    path = spool.inbox / os.fsdecode(source)
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return source


@pytest.mark.parametrize("length", [3990, 4050, 4094, 4095])
def test_72_a_file_that_fails_at_the_end_of_a_long_path_is_answered_once(tmp_path, length):
    spool = Spool(tmp_path / "spool")
    create(spool)
    source = drop_deep(spool, length, b"no picture at all")
    claim = claim_file(spool, source)  # by a daemon that was killed then
    assert len(claim.path) == length

    end = inboxray(spool.root, "once", **CALM)
    assert end.returncode == 0, end.stderr
    (row,) = rows(spool.root)
    assert (row["error_code"], decode_name(row["source_name"])) == ("unknown_format", source)
    assert list(spool.claimed.iterdir()) == []
    stored = spool.root / os.fsdecode(decode_name(row["stored_path"]))
    assert stored.read_bytes() == b"no picture at all"
    reason = json.loads(Path(f"{stored}.reason.json").read_text())
    assert reason["scan_id"] == row["scan_id"]

    requeued = inboxray(spool.root, "requeue", row["scan_id"])
    assert requeued.returncode == 0, requeued.stderr
    assert (spool.inbox / os.fsdecode(source)).exists()


def test_72_a_row_of_an_earlier_version_that_chose_such_a_place_is_finished(tmp_path):
    """Break it: let `dispose` retry whatever kept it from writing the reason file."""
    spool = Spool(tmp_path / "spool")
    create(spool)
    claim = claim_file(spool, drop_deep(spool, 4094, b"no picture at all"))
    stored = b"failed/2026-11-23/" + claim.source
    assert dispose(spool, [Disposal(claim, "failed", "unknown_format", encode_name(stored))]) == []
    assert (spool.root / os.fsdecode(stored)).exists()
    assert list(spool.claimed.iterdir()) == []


def test_72_one_that_is_classified_is_put_away_as_well(tmp_path):
    spool = Spool(tmp_path / "spool")
    create(spool)
    source = drop_deep(spool, 4094, png_bytes(1))
    claim_file(spool, source)
    assert inboxray(spool.root, "once", keep_png=True, **CALM).returncode == 0
    (row,) = rows(spool.root)
    assert row["outcome"] == "classified"
    assert (spool.root / os.fsdecode(decode_name(row["stored_path"]))).read_bytes() == png_bytes(1)
    assert list(spool.claimed.iterdir()) == []
