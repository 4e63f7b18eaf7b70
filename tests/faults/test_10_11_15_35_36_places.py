"""Faults 10, 11, 15, 35 and 36: shares that go away, limits, mounts, full disks, read-only folders.

Break it: let `Intake._forget_gone` forget nothing (10); let `InboxWatch` raise what the watcher raises
(11); drop the probe of `daemon.spool.disk.prove_renames` (15); let `Pauses.for_disk` rest for nothing (35,
36).
"""

import signal
import time
from contextlib import suppress

import pytest

from tests.faults.conftest import CALM, Patient
from tests.support.daemons import inboxray
from tests.support.deadlines import scaled
from tests.support.failing import Point
from tests.support.ledgers import assert_each_once, own_database, scans
from tests.support.mounts import bound, tmpfs
from tests.support.pictures import drop, png_bytes
from tests.support.waiting import wait_until


def test_10_a_share_that_comes_back_empty_and_then_full_loses_nothing(tmp_path, size):
    """An empty file system over the inbox stands for a share that lost its server."""
    settings = CALM | {"polling": True, "incomplete_wait_s": scaled(120), "sweep_s": 0.3}
    with Patient(tmp_path / "spool", **settings) as patient:
        cut = {f"{n}.png": png_bytes(n)[:200] for n in range(3)}
        for name, data in cut.items():
            drop(patient.inbox / "share" / name, data)
        wait_until(lambda: patient.status().get("waiting") == 3, timeout_s=30, what="the files to be known")
        with tmpfs(patient.inbox):
            wait_until(lambda: patient.status().get("waiting") == 0, timeout_s=30, what="the empty listing")
            time.sleep(size(0, 5))  # the share is away for so long
        assert patient.rows("share") == []
        for number in range(3):
            drop(patient.inbox / "share" / f"{number}.png", png_bytes(number))
        assert {"classified"} == {row["outcome"] for row in patient.wait_for("share", 3)}
        patient.assert_well()


def test_11_without_an_inotify_instance_it_polls_and_says_so(zygote, tmp_path, size):
    spool = tmp_path / "spool"
    named = {f"{n}.png": png_bytes(n) for n in range(size(10, 100))}
    for name, data in named.items():
        drop(spool / "inbox" / name, data)

    ended = zygote.once(spool, faults=[(Point("daemon.inbox.events", "Watcher.start"), "EMFILE", {})], **CALM)

    assert ended == 0
    assert_each_once(spool, own_database(spool), named)
    assert '"inbox_polled"' in (tmp_path / "spool.log").read_text()


@pytest.mark.parametrize("mounted", [tmpfs, bound])
def test_15_folders_that_no_rename_reaches_are_refused(tmp_path, mounted):
    with mounted(tmp_path / "spool" / "done"):
        ended = inboxray(tmp_path / "spool", "once")
    assert ended.returncode == 78
    assert "they lie on different mounts" in ended.stderr


@pytest.mark.parametrize(
    ("place", "error"),
    [
        (Point("daemon.spool.claiming", "os.rename"), "ENOSPC"),
        (Point("daemon.spool.claiming", "os.rename"), "EROFS"),
        (Point("daemon.spool.claiming", "os.rename"), "EXDEV"),
        (Point("daemon.pipeline.decode_queue", "note_attempt"), "ENOSPC"),
        (Point("daemon.pipeline.decode_queue", "note_attempt"), "EROFS"),
    ],
)
def test_35_36_a_disk_that_refuses_pauses_intake_and_is_tried_again(zygote, tmp_path, place, error):
    spool = tmp_path / "spool"
    named = {f"{n}.png": png_bytes(n) for n in range(4)}
    for name, data in named.items():
        drop(spool / "inbox" / name, data)

    ended = zygote.once(spool, faults=[(place, error, {"times": 1})], **CALM)

    log = (tmp_path / "spool.log").read_text()
    assert ended == 0, log
    assert_each_once(spool, own_database(spool), named)
    if error != "EXDEV":  # a single mount inside the inbox is no reason to rest
        assert '"intake_paused"' in log
        assert '"intake_resumed"' in log


def test_36_a_disk_that_only_probes_find_well_is_given_up_in_time(zygote, tmp_path):
    """Break it: count from the beginning of the last pause, which each probe ends."""
    spool = tmp_path / "spool"
    drop(spool / "inbox" / "a.png", png_bytes(1))
    started = time.monotonic()

    ended = zygote.once(
        spool,
        faults=[(Point("daemon.pipeline.decode_queue", "note_attempt"), "EIO", {})],
        database_wait_s=8,
        **CALM,
    )

    log = (tmp_path / "spool.log").read_text()
    assert ended == 74, log
    assert '"intake_resumed"' in log  # or the probes were not what was met
    assert time.monotonic() - started > 8
    assert zygote.once(spool, **CALM) == 0
    assert_each_once(spool, own_database(spool), {"a.png": png_bytes(1)})


def test_35_a_full_disk_is_waited_for(tmp_path):
    with tmpfs(tmp_path / "spool", "4m") as spool:
        url = f"sqlite:///{tmp_path / 'results.db'}"
        with Patient(spool, database_url=url, **CALM) as patient:
            ballast = spool / "ballast"
            patient.stand_still()
            try:
                for number in range(6):
                    (patient.inbox / f"{number}.png").write_bytes(png_bytes(number))
                with ballast.open("wb", buffering=0) as file, suppress(OSError):
                    while True:
                        file.write(bytes(4096))
            finally:
                patient.process.send_signal(signal.SIGCONT)
            # its status may not be written either: the log says it
            wait_until(lambda: '"intake_paused"' in patient.log.read_text(), timeout_s=30, what="the pause")
            ballast.unlink()
            wait_until(lambda: len(scans(url)) == 6, timeout_s=60, what="every row")
            patient.assert_well()
        assert {"classified"} == {row["outcome"] for row in scans(url)}
