"""What is said where a spool, a daemon or a database is not."""

import json
from datetime import UTC, datetime

import pytest

from daemon.monitoring.status_file import write_status
from daemon.spool.folders import Spool, create
from daemon.spool.lock import hold_lock


@pytest.mark.parametrize("command", ["status", "results", "schedule"])
def test_a_mistyped_spool_is_said_to_be_none_and_the_right_one_is_named(tmp_path, call, command):
    create(Spool(tmp_path / "spool"))
    reported = call(tmp_path / "spol", command).stderr
    assert f"there is no spool at {tmp_path}/spol, but there is {tmp_path}/spool" in reported
    assert "--spool" in reported
    assert not (tmp_path / "spol").exists()


@pytest.mark.parametrize("command", ["status", "results", "schedule"])
def test_a_spool_that_is_no_folder_is_said_to_be_none(call, command):
    reported = call("/dev/null", command)
    assert "there is no spool at /dev/null, which is no folder" in reported.stderr


def test_what_starts_the_daemon_names_the_spool_that_was_asked_about(recorded, call):
    create(Spool(recorded))
    assert f"`inboxray --spool {recorded} run`" in call(recorded, "status").stderr


def test_a_daemon_that_records_elsewhere_is_said_to(tmp_path, call):
    """As where INBOXRAY_DATABASE_URL is set for the daemon and not in this shell."""
    spool = Spool(tmp_path / "spool")
    create(spool)
    url = "postgresql://inboxray:***@db/inboxray"
    with hold_lock(spool):
        write_status(spool, {"database_url": url, "updated_at": datetime.now(UTC).isoformat()})
        results, status = call(spool.root, "results"), call(spool.root, "status")
    assert results.returncode == 66
    assert f"records in {url}" in results.stderr
    assert "INBOXRAY_DATABASE_URL" in results.stderr
    assert f"records in {url}" in status.stderr


def test_a_daemon_that_is_only_starting_is_waited_for(tmp_path, call):
    spool = Spool(tmp_path / "spool")
    create(spool)
    with hold_lock(spool):
        end = call(spool.root, "results")
    assert "only starting" in end.stderr
    assert "inboxray run" not in end.stderr


def test_a_spool_without_a_database_has_recorded_nothing_yet(tmp_path, call):
    create(Spool(tmp_path / "spool"))
    assert "nothing was recorded there yet" in call(tmp_path / "spool", "results").stderr


def test_sound_settings_without_a_spool_say_so(tmp_path, call):
    end = call(tmp_path / "spool", "config", "check")
    assert end.returncode == 0
    assert f"there is no spool at {tmp_path}/spool; `inboxray run` makes it" in end.stderr
    assert not json.loads(call(tmp_path / "spool", "schedule", "--json").stdout)["running"]
