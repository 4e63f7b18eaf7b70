import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from daemon.monitoring.status_file import write_status
from daemon.spool.folders import Spool, create
from daemon.spool.lock import hold_lock
from model.advice import Advice
from tests.support.pictures import png_bytes
from tests.support.recorded import fill
from tests.support.records import classified, failed, scan_id


def test_a_scan_is_told_by_a_beginning_of_its_id(recorded, call):
    end = call(recorded, "explain", scan_id(3)[:18])
    assert end.returncode == 0, end.stderr
    for reported in (scan_id(3), "truncated", Advice.SEND_WHOLE.sentence, "ward/3.dcm", "host-1"):
        assert reported in end.stdout
    assert f"requeue {scan_id(3)}" in end.stdout


def test_the_version_of_the_pipeline_is_that_of_the_scan(recorded, call):
    assert "scan's pipeline version" in call(recorded, "explain", scan_id(1)).stdout


def test_json_holds_every_frame_with_its_map(recorded, call):
    reported = json.loads(call(recorded, "explain", scan_id(1), "--json").stdout)
    assert reported["answer"]["decision"] == "fractured"
    assert reported["frames"][0]["heat_map"][:2] == [[0, 1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12, 13]]
    assert reported["history"]["finished_at"] == "2026-11-23T12:00:01.250000Z"


def test_all_reviews_and_the_prevalence_are_shown(tmp_path, call):
    spool = fill(tmp_path / "spool", [classified(1, prevalence=0.12)])
    for verdict, name in (("--agree", "anna"), ("--disagree", "bert")):
        call(spool, "review", scan_id(1), verdict, "--as", name, "--note", f"by {name}")

    reported = json.loads(call(spool, "explain", scan_id(1), "--json").stdout)
    assert reported["answer"]["prevalence"] == 0.12
    assert [(one["verdict"], one["note"]) for one in reported["reviews"]] == [
        ("agree", "by anna"),
        ("disagree", "by bert"),
    ]
    shown = call(spool, "explain", scan_id(1)).stdout
    assert "Reviews, the newest last:" in shown
    assert shown.index("by anna") < shown.index("by bert")


def test_a_scan_that_is_not_there_is_66_and_one_of_several_64(recorded, call):
    assert call(recorded, "explain", scan_id(9)).returncode == 66
    assert call(recorded, "explain", scan_id(1)[:6]).returncode == 64


def test_where_the_file_is_gone_it_does_not_offer_requeue(recorded, call):
    (recorded / "failed/2026-11-23/ward/3.dcm").unlink()
    reported = json.loads(call(recorded, "explain", scan_id(3), "--json").stdout)
    assert reported["file"]["there"].startswith("no")
    assert [f"drop the file into {recorded}/inbox"] == reported["again"]


@pytest.mark.parametrize(
    "named",
    [
        "{spool}/failed/2026-11-23/ward/3.dcm",
        "{spool}/failed/2026-11-23/ward/3.dcm.reason.json",
        "failed/2026-11-23/ward/3.dcm",
        "{spool}/inbox/ward/3.dcm",
        "inbox/ward/3.dcm",
        "ward/3.dcm",
    ],
)
def test_a_file_that_was_answered_is_found_by_its_place_and_by_the_name_it_came_with(recorded, call, named):
    end = call(recorded, "explain", named.format(spool=recorded), "--json")
    assert end.returncode == 0, end.stderr
    assert json.loads(end.stdout)["answer"]["scan_id"] == scan_id(3)
    assert end.stderr == ""


def test_of_several_with_a_name_the_latest_is_shown_and_ten_others_are_named(tmp_path, call):
    same = [replace(failed(n), source_name="leg.dcm", stored_path=f"failed/{n}.dcm") for n in range(1, 14)]
    spool = fill(tmp_path / "spool", same)
    end = call(spool, "explain", "leg.dcm", "--json")
    assert json.loads(end.stdout)["answer"]["scan_id"] == scan_id(13)
    assert [scan_id(n) in end.stderr for n in range(1, 14)] == [False] * 2 + [True] * 10 + [False]
    assert "and more" in end.stderr
    assert call(spool, "explain", "failed/5.dcm").stderr == ""


def test_a_name_that_is_nowhere_and_a_folder_are_said_to_be_so(recorded, call):
    for named in ("nothing.dcm", "ward", str(recorded / "done"), "/", ""):
        end = call(recorded, "explain", named)
        assert end.returncode == 66
        assert "no file waits there, and no row has that name" in end.stderr


def test_hints_name_the_program_as_it_was_called(recorded, call, monkeypatch):
    monkeypatch.setattr(sys, "argv", [".venv/bin/inboxray"])
    monkeypatch.setenv("PATH", "/nowhere")
    end = call(recorded, "explain", scan_id(1))
    assert f".venv/bin/inboxray --spool {recorded} requeue {scan_id(1)}" in end.stdout
    assert ".venv/bin/inboxray classify" in end.stdout
    assert "`.venv/bin/inboxray results`" in call(recorded, "explain", "nothing.dcm").stderr
    assert f"`.venv/bin/inboxray --spool {recorded} run`" in call(recorded, "status").stderr


def test_a_file_that_waits_is_told_what_for_and_until_when(recorded, call):
    create(Spool(recorded))
    (recorded / "inbox" / "cut.png").write_bytes(png_bytes(1)[:-20])
    end = call(recorded, "explain", str(recorded / "inbox" / "cut.png"), "--json", incomplete_wait_s=600)
    reported = json.loads(end.stdout)["waiting"]
    assert end.returncode == 0, end.stderr
    assert reported["file"] == "cut.png"
    assert "incomplete_wait_s (600 s)" in reported["rule"]
    assert "truncated" in reported["then"]
    until = datetime.fromisoformat(reported["until"])
    assert timedelta(seconds=500) < until - datetime.now(UTC) <= timedelta(seconds=600)
    assert "no daemon runs" in reported["held_up_by"]
    assert "held up by" in call(recorded, "explain", "cut.png").stdout


def test_a_file_that_is_ignored_is_not_said_to_wait(recorded, call):
    create(Spool(recorded))
    (recorded / "inbox" / "cut.part").write_bytes(b"half")
    (recorded / "inbox" / "whole.png").write_bytes(png_bytes(1))
    ignored, waiting = (call(recorded, "explain", name).stdout for name in ("cut.part", "whole.png"))
    assert ignored.splitlines()[0].strip() == "in the inbox, and waiting for nothing"
    assert "never claimed" in ignored
    assert waiting.splitlines()[0].strip() == "waiting"


def test_a_pause_is_what_holds_it_up(recorded, call):
    spool = Spool(recorded)
    create(spool)
    (spool.inbox / "whole.png").write_bytes(png_bytes(1))
    with hold_lock(spool):
        write_status(spool, {"pauses": {"disk": {"cause": "ENOSPC"}}})
        reported = json.loads(call(recorded, "explain", "whole.png", "--json").stdout)["waiting"]
    assert reported["held_up_by"] == "a pause: disk"
