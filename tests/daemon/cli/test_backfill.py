import json

import pytest

from daemon.cli.backfill import described
from tests.support.daemons import inboxray

RUNNING = {"running": True, "state": "running", "total": 10, "done": 4, "left_s": 7200, "pauses": {}}


@pytest.fixture
def archive(tmp_path):
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "1.png").write_bytes(b"x")
    return tmp_path / "archive"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RUNNING, "running, 4 of 10 files, about 2.0 h left"),
        (RUNNING | {"rests": True}, "rests until its hours, 4 of 10"),
        (RUNNING | {"pauses": {"cluster": {"cause": "no worker"}}}, "waits: cluster (no worker), 4 of 10"),
        (RUNNING | {"running": False}, "stopped: the same command goes on, 4 of 10 files"),
        (RUNNING | {"running": False, "state": "finished", "done": 10}, "finished, 10 of 10 files"),
        ({"running": True, "state": "planning", "met": 7}, "planning, 7 files met"),
    ],
)
def test_status_says_in_a_line_how_far_it_is(state, words):
    assert described(state).startswith(words)


def test_a_dry_run_counts_and_writes_nothing(archive, tmp_path):
    spool = tmp_path / "spool"
    ended = inboxray(spool, "backfill", str(archive), "--dry-run", "--json")
    counts = json.loads(ended.stdout)
    assert (ended.returncode, counts["files"], counts["answered_already"]) == (0, 1, 0)
    assert "no results database yet" in ended.stderr
    assert not spool.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "either a folder or --again"),
        (["{archive}", "--again"], "either a folder or --again"),
        (["{archive}", "--newest-first", "--oldest-first"], "one of"),
        (["{archive}", "--decision", "fractured"], "belongs to --again"),
        (["{archive}", "--hours", "25-3"], "19-07"),
        (["{spool}/inbox"], "lies in the spool"),
        (["{archive}/none"], "no folder"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, words, archive, tmp_path):
    spool = tmp_path / "spool"
    (spool / "inbox").mkdir(parents=True)
    named = [one.format(archive=archive, spool=spool) for one in arguments]
    refused = inboxray(spool, "backfill", *named)
    assert (refused.returncode in (64, 66), words in " ".join(refused.stderr.split())) == (True, True)
