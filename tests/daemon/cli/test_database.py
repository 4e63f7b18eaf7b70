import json
import sqlite3
from contextlib import closing

import pytest

from daemon.settings.migration_scripts import script_location
from daemon.spool.folders import Spool
from daemon.spool.lock import hold_lock
from storage.engine import open_engine
from storage.revision import head
from storage.urls import sqlite_url
from tests.support.first_release import fill as fill_first_release
from tests.support.recorded import fill
from tests.support.records import failed, scan_id


def differences(call, spool, *arguments):
    end = call(spool, "db", "check", "--format", "json", *arguments)
    found = [(one["finding"], one["scan_id"], one["path"]) for one in json.loads(end.stdout)]
    assert (65 if found else 0) == end.returncode
    return found


def test_rows_and_files_that_agree(recorded, call):
    assert differences(call, recorded) == []
    assert differences(call, recorded, "--deep") == []


def test_rows_and_files_that_differ(recorded, call):
    (recorded / "done/2026-11-23/ward/1.dcm").unlink()
    (recorded / "done/2026-11-23/stray.dcm").write_text("stray")
    (recorded / "failed/2026-11-23/ward/4.dcm").write_text("changed")
    missing = ("missing_file", scan_id(1), "done/2026-11-23/ward/1.dcm")
    orphan = ("orphan_file", None, "done/2026-11-23/stray.dcm")
    changed = ("changed_file", scan_id(4), "failed/2026-11-23/ward/4.dcm")
    assert [missing, orphan] == differences(call, recorded)
    assert [changed, missing, orphan] == differences(call, recorded, "--deep")


def test_a_lost_file_that_is_dropped_again_is_no_difference_once_it_is_answered(recorded, call):
    (recorded / "failed/2026-11-23/ward/3.dcm").unlink()
    lost = call(recorded, "db", "check")
    assert lost.returncode == 65
    assert "drop missing files into the inbox again" in lost.stderr

    fill(recorded, [failed(7, sha256=failed(3).sha256)])
    end = call(recorded, "db", "check", "--format", "json")
    assert end.returncode == 0, end.stderr
    assert json.loads(end.stdout) == [
        {
            "finding": "sent_again",
            "scan_id": scan_id(3),
            "path": "failed/2026-11-23/ward/3.dcm",
            "again_as": scan_id(7),
        }
    ]
    assert "1 lost file came again" in end.stderr
    assert "rows and files agree" in end.stderr


def test_orphans_go_back_into_the_inbox(recorded, call):
    (recorded / "done/2026-11-23/a").mkdir()
    (recorded / "done/2026-11-23/a/stray.dcm").write_text("stray")
    end = call(recorded, "db", "check", "--requeue-orphans")
    assert end.returncode == 0, end.stderr
    assert (recorded / "inbox/a/stray.dcm").read_text() == "stray"
    assert differences(call, recorded) == []


def test_a_requeued_file_is_not_missing(recorded, call):
    assert call(recorded, "requeue", scan_id(3)).returncode == 0
    assert differences(call, recorded) == []


def test_upgrade_makes_the_tables_and_does_nothing_the_second_time(tmp_path, call):
    first = call(tmp_path, "db", "upgrade")
    second = call(tmp_path, "db", "upgrade")
    assert [first.returncode, second.returncode] == [0, 0]
    assert "applied revision" in first.stderr
    assert "applied revision" not in second.stderr
    assert len(call(tmp_path, "results", "--format", "csv").stdout.splitlines()) == 1


def test_a_database_that_is_not_at_head_is_78_and_names_the_upgrade(recorded, call):
    with closing(sqlite3.connect(recorded / "results.db")) as connection, connection:
        connection.execute("DELETE FROM alembic_version")
        connection.execute("DROP VIEW results")
        for (table,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall():
            connection.execute(f"DROP TABLE {table}")
    end = call(recorded, "results")
    assert (end.returncode, end.stdout) == (78, "")
    assert "inboxray db upgrade" in end.stderr


def test_a_backup_is_restored_and_what_came_since_is_answered_again(recorded, call, tmp_path):
    """Fault 56: yesterday's backup knows nothing of today's files."""
    copy = str(tmp_path / "copy.db")
    assert call(recorded, "db", "backup", copy).returncode == 0
    (recorded / "done/2026-11-23/today.dcm").write_text("today")
    (recorded / "done/2026-11-23/ward/1.dcm").unlink()

    end = call(recorded, "db", "restore", copy, "--requeue-orphans", "--format", "json")

    assert end.returncode == 65
    assert "differ in 1 place:" in end.stderr
    assert "before-restore-1" in end.stderr
    assert {one["finding"] for one in json.loads(end.stdout)} == {"missing_file", "orphan_file"}
    assert (recorded / "inbox/today.dcm").read_text() == "today"
    assert len(call(recorded, "results", "--format", "csv").stdout.splitlines()) == 5


def test_nothing_is_restored_under_a_running_daemon(recorded, call, tmp_path):
    copy = str(tmp_path / "copy.db")
    assert call(recorded, "db", "backup", copy).returncode == 0
    before = (recorded / "results.db").stat().st_ino
    with hold_lock(Spool(recorded)):
        assert call(recorded, "db", "restore", copy).returncode == 75
    assert (recorded / "results.db").stat().st_ino == before


def test_a_server_has_its_own_tools(tmp_path, call):
    url = "postgresql://nobody@127.0.0.1:1/none"
    for arguments, tool in (
        (("backup", str(tmp_path / "x")), "pg_dump"),
        (("restore", __file__), "pg_restore"),
    ):
        end = call(tmp_path, "--database-url", url, "db", *arguments)
        assert (end.returncode, end.stdout) == (64, "")
        assert tool in end.stderr


def test_upgrade_copies_an_older_database_first(tmp_path, call):
    spool, backup = tmp_path / "spool", tmp_path / "before.db"
    spool.mkdir()
    engine = open_engine(sqlite_url(spool / "results.db"))
    fill_first_release(engine, 3)
    engine.dispose()

    end = call(spool, "db", "upgrade", "--backup", str(backup))

    assert end.returncode == 0, end.stderr
    assert "at revision 0001" in end.stderr
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert copy.execute("SELECT count(*) FROM scans").fetchone() == (3,)
    assert len(call(spool, "results", "--format", "csv").stdout.splitlines()) == 4
    backup.unlink()
    assert call(spool, "db", "upgrade", "--backup", str(backup)).returncode == 0
    assert not backup.exists()  # there was nothing to do
    again = call(spool, "db", "upgrade", "--backup", str(backup)).stderr
    newest = head(script_location())
    assert f"up to date ({newest}): nothing was changed, so {backup} was not written" in again


def test_copy_moves_to_another_database_once(recorded, call, tmp_path):
    url = sqlite_url(tmp_path / "other.db")
    end = call(recorded, "db", "copy", url)
    assert end.returncode == 0, end.stderr
    assert "scans" in end.stdout
    ours, theirs = (call(recorded, "export", "-", **more).stdout for more in ({}, {"database_url": url}))
    assert ours == theirs
    assert call(recorded, "db", "copy", url).returncode == 73


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("bogus", 64, "the URL of a database is wanted"),
        ("mysql://host/x", 64, "the URL of a database is wanted"),
        ("sqlite:///{}/no/copy.db", 73, "there is no folder"),
    ],
)
def test_copy_to_what_is_no_place_speaks_of_the_argument(url, code, words, recorded, call, tmp_path):
    end = call(recorded, "db", "copy", url.format(tmp_path))
    assert (end.returncode, end.stdout) == (code, "")
    assert words in " ".join(end.stderr.split())
    assert "database_url" not in end.stderr


def test_copy_waits_for_no_daemon(recorded, call, tmp_path):
    with hold_lock(Spool(recorded)):
        assert call(recorded, "db", "copy", sqlite_url(tmp_path / "other.db")).returncode == 75


def test_check_advises_on_what_is_left_only(recorded, call):
    (recorded / "done/2026-11-23/stray.dcm").write_text("stray")
    (recorded / "done/2026-11-23/ward/1.dcm").unlink()
    both = call(recorded, "db", "check").stderr
    assert "drop missing files into the inbox again, and put orphans back" in both
    left = call(recorded, "db", "check", "--requeue-orphans").stderr
    assert "drop missing files into the inbox again" in left
    assert "put orphans back" not in left


def test_a_backup_that_is_not_there_is_66_and_nothing_is_made(tmp_path, call):
    end = call(tmp_path / "spool", "db", "restore", str(tmp_path / "no.db"))
    assert (end.returncode, end.stdout) == (66, "")
    assert str(tmp_path / "no.db") in end.stderr
    assert not (tmp_path / "spool").exists()
