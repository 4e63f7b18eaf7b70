"""Commands of a rehearsal have its spool and settings, and none of the user's.

Break it: hand the user's variables down.
"""

import subprocess

from daemon.network.rehearsal.own_commands import answers, run, start
from tests.support.recorded import fill


def test_settings_are_those_of_the_rehearsal(tmp_path, monkeypatch):
    monkeypatch.setenv("INBOXRAY_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    monkeypatch.setenv("INBOXRAY_AE_TITLE", "OF_THE_USER")
    shown = start(["config", "show"], tmp_path, {"ae_title": "REHEARSAL"}, stdout=subprocess.PIPE)
    text = shown.communicate()[0].decode()
    assert "REHEARSAL" in text
    assert str(tmp_path) in text
    assert "OF_THE_USER" not in text
    assert "postgresql" not in text


def test_what_a_command_prints_is_kept(tmp_path):
    assert run(["no-such-command"], tmp_path, {}, tmp_path / "log") == 64
    assert "no-such-command" in (tmp_path / "log").read_text()


def test_rows_are_read_and_without_a_database_there_are_none(tmp_path):
    assert answers(tmp_path) == []
    assert [row["outcome"] for row in answers(fill(tmp_path / "spool"))] == [
        "classified",
        "classified",
        "failed",
        "failed",
    ]
