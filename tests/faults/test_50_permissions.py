"""Fault 50: what the daemon creates is its user's alone; inbox, exports and status are for groups.

Break it: let `daemon.spool.folders.PRIVATE_UMASK` be 0o022. How safe the unit is: tests/test_systemd.py.
"""

import signal
import stat

from tests.faults.conftest import CALM
from tests.support.daemons import RunningDaemon
from tests.support.pictures import drop, png_bytes

FOR_GROUPS = {"inbox", "export", ".status.json"}


def open_to_others(path):
    """Tell what the group and all others may do with it."""
    return stat.S_IMODE(path.lstat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)


def test_50_what_the_daemon_creates_is_private(tmp_path):
    spool = tmp_path / "spool"
    with RunningDaemon(spool, **CALM | {"keep_png": True}) as daemon:
        drop(spool / "inbox/ward/sound.png", png_bytes(1))
        drop(spool / "inbox/ward/broken.png", b"")
        daemon.wait_for_rows(2)
        assert daemon.stop(signal.SIGTERM) == 0

    dropped = {*spool.glob("done/*/ward/*.png"), *spool.glob("failed/*/ward/*.png")}
    assert len(dropped) == 2
    behind = set((spool / "previews").rglob("*"))  # a closed folder, which an administrator may give a group
    made = [
        path
        for path in spool.rglob("*")
        if path.relative_to(spool).parts[0] not in FOR_GROUPS and path not in dropped | behind
    ]
    names = {path.name for path in made}
    closed = {"results.db", ".lock", "broken.png.reason.json", "sound.png.png", "previews"}
    assert closed <= names
    assert [str(path) for path in made if open_to_others(path)] == []
    assert {open_to_others(path) for path in behind} == {stat.S_IRGRP, stat.S_IRGRP | stat.S_IXGRP}
    assert open_to_others(spool / ".status.json") == stat.S_IRGRP  # nothing of a patient is in it
    assert open_to_others(spool) == stat.S_IXGRP | stat.S_IXOTH  # to reach the two folders for groups
