import json
import os
import shutil
import stat
import subprocess
import threading
from datetime import UTC, datetime

import pytest

from daemon.spool.audit import Act, act_of, acts, append
from daemon.spool.folders import Spool

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def spool(tmp_path):
    return Spool(tmp_path)


def act(command="requeue", **facts):
    return Act(AT, "anna", None, command, "done", facts)


def test_acts_come_back_in_their_order(spool):
    written = [act(scans=3), act("export", rows=7), act("model use", model="x@1")]
    for one in written:
        append(spool, one)

    assert written == list(acts(spool))


def test_without_a_file_there_is_no_act(spool):
    assert list(acts(spool)) == []


def test_it_is_for_its_owner_alone_whatever_the_umask(spool):
    former = os.umask(0)
    try:
        append(spool, act())
    finally:
        os.umask(former)
    assert stat.S_IMODE(spool.audit_file.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_where_root_is_the_first_it_belongs_to_the_spools_owner(spool):
    """Break it: leave it to root. The daemon can write no line of its own then."""
    os.chown(spool.root, 54321, 54321)
    append(spool, act())

    assert (spool.audit_file.stat().st_uid, spool.audit_file.stat().st_gid) == (54321, 54321)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sets the attribute")
def test_root_writes_to_a_file_that_may_only_grow(spool):
    """Break it: set its owner each time. Where the documents are followed, root leaves no trail then."""
    append(spool, act(scans=1))
    if (
        shutil.which("chattr") is None
        or subprocess.run(["chattr", "+a", spool.audit_file], check=False).returncode
    ):
        pytest.skip("no such attribute here")
    try:
        append(spool, act(scans=2))
    finally:
        subprocess.run(["chattr", "-a", spool.audit_file], check=True)
    assert list(acts(spool)) == [act(scans=1), act(scans=2)]


def test_a_line_that_was_cut_short_spoils_no_other(spool):
    """A full disk cuts; so does a machine that loses its power."""
    append(spool, act(scans=1))
    with spool.audit_file.open("a") as file:
        file.write('{"at": "2026-03')
    append(spool, act(scans=2))

    assert [act(scans=1), None, act(scans=2)] == list(acts(spool))


@pytest.mark.parametrize(
    "line", ["[]", "7", '{"at": "2026-03-01T12:00:00"}', '{"at": 7}', "\xff", '{"at": ""}']
)
def test_what_is_no_line_of_ours_is_none(spool, line):
    spool.audit_file.write_text(line + "\n")

    assert list(acts(spool)) == [None]


def test_lines_of_many_processes_stay_whole(spool):
    def write():
        for _ in range(20):
            append(spool, act(scans=1))

    writers = [threading.Thread(target=write) for _ in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()

    assert list(acts(spool)) == [act(scans=1)] * 80


def test_a_link_in_its_place_is_not_followed(spool, tmp_path):
    (tmp_path / "elsewhere").write_text("")
    spool.audit_file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        append(spool, act())


def test_no_spool_is_made(tmp_path):
    with pytest.raises(FileNotFoundError):
        append(Spool(tmp_path / "none"), act())


def test_it_knows_who_became_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert act_of("export", "done", {}, environment={"SUDO_USER": "anna"}).sudo_user == "anna"
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    found = act_of("export", "done", {}, environment={"SUDO_USER": "anna"})
    assert (found.user, found.sudo_user) == ("54321", None)  # it has no name; and may say what it likes


def test_a_line_is_json_that_any_tool_reads(spool):
    append(spool, act(scans=3))
    assert json.loads(spool.audit_file.read_text()) == {
        "at": "2026-03-01T12:00:00+00:00",
        "user": "anna",
        "sudo_user": None,
        "command": "requeue",
        "outcome": "done",
        "scans": 3,
    }
