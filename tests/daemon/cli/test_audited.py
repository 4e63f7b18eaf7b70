import json

import pytest

from daemon.cli.audited import audited
from daemon.errors import MissingFileError
from daemon.settings.fields import Settings


def lines(spool):
    return [json.loads(line) for line in (spool / ".audit.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (MissingFileError("Meyer"), "missing_file"),
        (PermissionError(13, "Meyer"), "EACCES"),
        (KeyError("Meyer"), "KeyError"),
    ],
)
def test_what_failed_is_there_too_with_its_code_and_never_its_words(tmp_path, error, outcome):
    def fail():
        with audited(Settings(spool=tmp_path), "requeue", scans=0) as facts:
            facts["scans"] = 2
            raise error

    with pytest.raises(type(error)):
        fail()

    (line,) = lines(tmp_path)
    assert (line["command"], line["outcome"], line["scans"]) == ("requeue", outcome, 2)
    assert "Meyer" not in (tmp_path / ".audit.jsonl").read_text()


def test_a_trail_that_cannot_be_written_is_noted_and_stops_nothing(tmp_path, capsys):
    with audited(Settings(spool=tmp_path / "none"), "export"):
        pass

    assert "not in the audit trail" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_commands_leave_their_line(recorded, call, tmp_path):
    spool = recorded
    assert call(spool, "export", str(tmp_path / "a.csv")).returncode == 0
    assert call(spool, "db", "backup", str(tmp_path / "a.db")).returncode == 0
    assert call(spool, "requeue", "--failed").returncode == 0
    call(spool, "db", "restore", str(tmp_path / "a.db"), "--requeue-orphans")

    found = lines(spool)
    assert [one["command"] for one in found] == [
        "export",
        "db backup",
        "requeue",
        "db restore",
        "db check --requeue-orphans",
    ]
    assert {one["outcome"] for one in found} == {"done"}
    assert found[0]["rows"] == 4
    assert found[2]["scans"] >= 1


def test_what_only_looks_leaves_none(recorded, call):
    for command in (["results"], ["status"], ["db", "check"], ["export", "no.ods"]):
        call(recorded, *command)

    assert not (recorded / ".audit.jsonl").exists()
