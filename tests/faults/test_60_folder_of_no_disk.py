"""Fault 60: where a claimed file came from, a link leads to a folder that no disk keeps.

Break it: leave EINVAL out of what `storage.durable.sync` passes over: each start ends with 74.
"""

import pytest

from daemon.spool.claiming import claim_file
from daemon.spool.folders import Spool, create
from tests.faults.conftest import CALM
from tests.support.daemons import inboxray, rows
from tests.support.pictures import drop, png_bytes


@pytest.mark.parametrize("deeper", ["", "/self"])
def test_60_a_folder_that_became_a_link_to_proc_stops_nothing(tmp_path, deeper):
    spool = Spool(tmp_path / "spool")
    create(spool)
    source = f"ward{deeper}/a.png"
    drop(spool.inbox / source, png_bytes(1))
    claim_file(spool, source.encode())  # by a daemon that was killed then
    if deeper:
        (spool.inbox / "ward" / "self").rmdir()
    (spool.inbox / "ward").rmdir()
    (spool.inbox / "ward").symlink_to("/proc")
    drop(spool.inbox / "innocent.png", png_bytes(2))

    end = inboxray(spool.root, "once", **CALM)
    assert end.returncode == 0, end.stderr
    assert {row["source_name"]: row["outcome"] for row in rows(spool.root)} == {
        source: "classified",
        "innocent.png": "classified",
    }
