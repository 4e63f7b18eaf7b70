import json
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from daemon.monitoring.status_file import daemon_is_running, read_status, write_status
from daemon.spool.folders import Spool
from daemon.spool.lock import hold_lock
from tests.support.mounts import tmpfs
from tests.support.rights import without_rights


def test_what_is_written_is_read(spool):
    write_status(spool, {"state": "starting"})
    write_status(spool, {"state": "running", "waiting": 3})
    assert read_status(spool.root) == {"state": "running", "waiting": 3}
    assert [path.name for path in spool.root.iterdir() if path.is_file()] == [".status.json"]


@pytest.mark.parametrize("content", [None, "", "{", "[1]", '"text"', "\udcff"])
def test_what_is_no_status_is_none(spool, content):
    if content is not None:
        spool.status_file.write_bytes(content.encode("utf-8", "surrogateescape"))
    assert read_status(spool.root) is None


def test_a_status_that_cannot_be_written_leaves_the_old_one(spool):
    write_status(spool, {"state": "running"})
    with pytest.raises(TypeError):
        write_status(spool, {"state": object()})
    assert json.loads(spool.status_file.read_text()) == {"state": "running"}


def test_a_daemon_runs_while_it_holds_the_spool(spool):
    assert not daemon_is_running(spool.root)
    with hold_lock(spool):
        assert daemon_is_running(spool.root)
    assert not daemon_is_running(spool.root)


@pytest.mark.parametrize(("age_s", "expected"), [(1, True), (3600, False)])
def test_who_may_not_ask_for_the_lock_goes_by_the_age_of_the_status(spool, age_s, expected):
    """Break it: let the lock be refused. The page, which is another user, then answers nothing."""
    renewed = datetime.now(UTC) - timedelta(seconds=age_s)
    write_status(spool, {"state": "running", "updated_at": renewed.isoformat()})
    spool.lock_file.touch()
    with without_rights(spool.lock_file):
        assert daemon_is_running(spool.root) == expected


def test_who_may_read_neither_is_refused(spool):
    write_status(spool, {})
    spool.lock_file.touch()
    with without_rights(spool.lock_file, spool.status_file), pytest.raises(PermissionError):
        daemon_is_running(spool.root)


def test_a_group_reads_the_status_whatever_the_umask(spool):
    former = os.umask(0o077)
    try:
        write_status(spool, {})
    finally:
        os.umask(former)
    assert spool.status_file.stat().st_mode & 0o777 == 0o640


def test_on_a_full_disk_the_status_is_written_in_the_place_of_the_old_one(tmp_path):
    with tmpfs(tmp_path / "full") as folder:
        spool = Spool(folder)
        write_status(spool, {"pauses": {}, "padding": "x" * 3000})
        with (folder / "ballast").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

        write_status(spool, {"pauses": {"disk": "ENOSPC"}})

        assert read_status(folder) == {"pauses": {"disk": "ENOSPC"}}
        assert sorted(path.name for path in folder.iterdir()) == [".status.json", "ballast"]
