"""Fault 75: a sender makes a file at its full size, fills a part of it, and stalls or dies.

Break it: let `daemon.decoding.decode` ask for no holes.
"""

import os

import numpy as np
import pytest

from daemon.spool.folders import Spool, create
from tests.faults.conftest import CALM
from tests.support.daemons import RunningDaemon, count, inboxray, rows
from tests.support.dicom_files import native
from tests.support.pictures import drop, png_bytes
from tests.support.waiting import wait_until

DATA = native(np.random.default_rng(7).integers(1, 4096, (400, 300), dtype=np.uint16))


def make_room(path, how):
    """Make a file at its full size, and fill the first half; give its descriptor."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    if how == "truncate":
        os.truncate(descriptor, len(DATA))
    else:
        os.posix_fallocate(descriptor, 0, len(DATA))
    os.pwrite(descriptor, DATA[: len(DATA) // 2], 0)
    return descriptor


@pytest.mark.parametrize("how", ["truncate", "fallocate"])
def test_75_half_a_picture_whose_sender_died_is_truncated_and_not_classified(tmp_path, how):
    spool = Spool(tmp_path / "spool")
    create(spool)
    os.close(make_room(spool.inbox / "half.dcm", how))
    drop(spool.inbox / "whole.dcm", DATA)

    end = inboxray(spool.root, "once", **CALM)
    assert end.returncode == 0, end.stderr
    found = {row["source_name"]: row for row in rows(spool.root)}
    assert found["whole.dcm"]["outcome"] == "classified"
    assert (found["half.dcm"]["error_code"], found["half.dcm"]["decision"]) == ("truncated", None)
    assert "never written" in found["half.dcm"]["error_detail"]


@pytest.mark.parametrize("how", ["truncate", "fallocate"])
def test_75_half_a_picture_whose_sender_goes_on_is_waited_for(tmp_path, how):
    create(Spool(tmp_path / "spool"))
    with RunningDaemon(tmp_path / "spool", **CALM | {"incomplete_wait_s": 600}) as running:
        descriptor = make_room(running.inbox / "half.dcm", how)
        for number in range(
            3
        ):  # one after the other: by the last one the half has been quiet for long enough
            (running.inbox / f"{number}.png").write_bytes(png_bytes(number))
            wait_until(lambda: count(running.spool) == number + 1, timeout_s=90, what="a row")  # noqa: B023
        os.pwrite(descriptor, DATA[len(DATA) // 2 :], len(DATA) // 2)
        os.close(descriptor)
        wait_until(lambda: count(running.spool) == 4, timeout_s=90, what="the row of the whole")
        (row,) = [one for one in rows(running.spool) if one["source_name"] == "half.dcm"]
        assert (row["outcome"], row["size_bytes"]) == ("classified", len(DATA))
