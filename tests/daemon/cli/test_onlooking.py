"""What a person at the terminal sees of a real daemon; in a pipe the log is as it is."""

import json
import os
import re
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from daemon.cli.onlooking import at_terminal, described, live_line, scan_line, shortened
from daemon.service.onlooker import NextClaim, View
from daemon.settings.fields import Settings
from tests.support.daemons import RunningDaemon
from tests.support.pictures import png_bytes
from tests.support.records import classified, failed
from tests.support.terminals import AtTerminal
from tests.support.waiting import wait_until

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CALM = {"look_interval_ms": 50, "settle_s": 0.3, "incomplete_wait_s": 1}


def view(**changed):
    nothing = {"waiting": 0, "in_progress": 0, "answered": Counter(), "pauses": {}, "next_claim": None}
    return View(**(nothing | {"ignored": 0, "unclaimable": 0} | changed))


def put(spool, name, data):
    """Give a file to the inbox as a careful sender does: whole, by a rename."""
    (spool / "inbox").mkdir(parents=True, exist_ok=True)
    hidden = spool / "inbox" / f".{name}.part"
    hidden.write_bytes(data)
    hidden.rename(spool / "inbox" / name)


def test_a_line_says_how_a_scan_was_answered_and_which():
    line = scan_line(classified(1, warnings=())).plain
    assert re.fullmatch(r"\d\d:\d\d:\d\d  ▲ fractured +0\.62  ward/1\.dcm", line), line
    assert "✕ failed: truncated" in scan_line(failed(3)).plain
    assert "(odd_window)" in scan_line(classified(1)).plain


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (("classified", None, "not_fractured"), "● not fractured"),
        (("rejected", "no_image", None), "— rejected: no image"),
    ],
)
def test_shape_and_words_say_the_same(answer, words):
    assert described(*answer) == words


def test_the_live_line_names_the_next_file_last_and_until_when():
    claim = NextClaim("ward/slow.dcm", NOW + timedelta(seconds=29), is_whole=False)
    waiting = view(waiting=2, in_progress=1, next_claim=claim)
    at = claim.at.astimezone().strftime("%H:%M:%S")
    begins = f"0 answered, 3 to do; not whole, until {at} (29 s): "
    assert live_line(waiting, NOW, 80, answers_all=False).plain == f"{begins}ward/slow.dcm"
    assert live_line(waiting, NOW, len(begins) + 9, answers_all=False).plain == f"{begins}…slow.dcm"
    assert live_line(waiting, NOW, 12, answers_all=False).plain == "0 answered,…"


def test_a_name_of_wide_letters_is_cut_by_the_cells_that_it_takes():
    assert shortened("病院/足.dcm", 9) == "…/足.dcm"
    assert shortened("病院/足.dcm", 11) == "病院/足.dcm"
    assert shortened("a.dcm", 0) == "…"


def test_the_live_line_says_why_nothing_is_taken_in():
    pauses = {"disk": {"since": "2026-11-23T12:00:00+00:00", "cause": "ENOSPC"}}
    assert (
        "takes nothing in: disk (ENOSPC)" in live_line(view(pauses=pauses), NOW, 80, answers_all=False).plain
    )


def test_the_bar_is_of_what_is_done_and_left():
    line = live_line(
        view(waiting=5, in_progress=5, answered=Counter(fractured=10)), NOW, 80, answers_all=True
    )
    assert line.plain.startswith("█" * 5 + "░" * 5 + " 10 of 20 answered")


def test_a_log_that_was_asked_for_in_a_form_is_left_alone(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert at_terminal(Settings(log_format="json"), answers_all=False) is None
    assert at_terminal(Settings(log_format="text"), answers_all=False) is None
    assert at_terminal(Settings(log_format="auto"), answers_all=False) is not None


def test_run_shows_a_line_a_scan_and_below_what_waits_and_until_when(tmp_path):
    """Break it: write the log past the live line; leave the name out."""
    spool = tmp_path / "spool"
    settings = CALM | {"incomplete_wait_s": 600}
    with AtTerminal(spool, "run", "--create", columns=120, **settings) as terminal:
        terminal.until("nothing waits")
        put(spool, "whole.png", png_bytes(1))
        terminal.until(r"0\.\d\d  whole\.png")
        put(spool, "cut.png", png_bytes(2)[:300])
        terminal.until(r"\((\d+) s\): cut\.png.*\((?!\1 )\d+ s\): cut\.png")  # a second later, or some
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.end() == 0
    lines = terminal.plain.splitlines()
    (line,) = [line for line in lines if line.endswith("whole.png") and "until" not in line]
    assert re.match(r"\d\d:\d\d:\d\d  \S (fractured|uncertain|abstained|not fractured) +0\.\d\d  ", line)
    assert "scan_recorded" not in terminal.plain
    assert any("not whole, until" in line for line in lines)
    assert "daemon_stopped" in terminal.plain
    assert max(map(len, (line for line in lines if "to do" in line))) < 120


def test_a_terminal_that_cannot_erase_gets_the_lines(tmp_path):
    spool = tmp_path / "spool"
    put(spool, "whole.png", png_bytes(1))
    with AtTerminal(spool, "run", term="dumb", **CALM) as terminal:
        terminal.until(r"whole\.png")
        assert terminal.end(signal.SIGTERM) == 0
    assert "\r\x1b" not in terminal.shown
    assert "to do" not in terminal.plain


def test_in_a_pipe_it_is_the_log_without_any_name(tmp_path):
    spool = tmp_path / "spool"
    with RunningDaemon(spool, **CALM) as daemon:
        put(spool, "whole.png", png_bytes(1))
        daemon.wait_for_rows(1)
        wait_until(lambda: "scan_recorded" in daemon.log.read_text(), what="the line of the scan")
    lines = daemon.log.read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines].count("scan_recorded") == 1
    assert "whole.png" not in daemon.log.read_text()
