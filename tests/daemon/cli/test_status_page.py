"""The page for people; what it says of a database or of old words is tested with `status`."""

import re

from daemon.monitoring.status_file import write_status
from daemon.spool.folders import Spool
from daemon.spool.lock import hold_lock
from tests.support.pictures import png_bytes
from tests.support.recorded import fill


def test_what_waits_is_there_with_its_rule_and_time(recorded, call):
    """Break it: leave the time out, or show a file that is never claimed."""
    spool = Spool(recorded)
    spool.claimed.mkdir()
    (spool.inbox / "ward").mkdir()
    (spool.inbox / "ward" / "cut.png").write_bytes(png_bytes(1)[:200])
    (spool.inbox / "half.part").write_bytes(b"not for us")
    with hold_lock(spool):
        write_status(
            spool, {"state": "running", "waiting": 1, "in_progress": 2, "answered": {"fractured": 3}}
        )
        shown = call(recorded, "status").stdout
    first, _, rest = shown.partition("\n")
    assert first.endswith("runs: 1 waiting, 2 in progress, 3 answered since its start, 0 in the last minute")
    assert re.match(r"\nin the inbox\n  ward/cut\.png\n    until 20\d\d-.* \w+: it is empty, cut", rest)
    assert "fails as truncated or empty_file" in rest
    assert "half.part" not in shown


def test_of_many_those_that_wait_longest_are_shown(recorded, call):
    spool = Spool(recorded)
    spool.claimed.mkdir()
    for number in range(12):
        (spool.inbox / f"{number:02d}.png").write_bytes(png_bytes(1))
    end = call(recorded, "status")
    assert end.returncode == 69
    assert "in the inbox (those that wait longest)" in end.stdout
    assert re.findall(r"  (\d\d)\.png", end.stdout) == [f"{number:02d}" for number in range(10)]
    assert "and none is taken in meanwhile: no daemon runs on the spool" in end.stdout


def test_an_empty_inbox_takes_no_room(tmp_path, call):
    shown = call(fill(tmp_path / "spool", []), "status").stdout
    assert "in the inbox" not in shown
    assert shown.startswith("no daemon runs on the spool")


def test_what_is_nothing_is_left_to_the_json(recorded, call):
    """Break it: show each counter. The two that are not 0 stand among twenty that are."""
    answered = {"uncertain": 1, "not_fractured": 5}
    words = {"state": "running", "evicted": 0, "set_aside": [], "ignored": 3, "answered": answered}
    spool = Spool(recorded)
    with hold_lock(spool):
        write_status(spool, words)
        shown = call(recorded, "status").stdout
        kept = call(recorded, "status", "--json").stdout
    assert re.search(r"^  ignored +3", shown, re.MULTILINE)
    assert re.search(r"^  answered +5 not fractured, 1 uncertain", shown, re.MULTILINE)
    assert "evicted" not in shown
    assert '"evicted": 0' in kept


def test_how_scans_ended_stands_with_the_most_suspicious_first(recorded, call):
    ended = call(recorded, "status").stdout.partition("how the scans ended\n")[2].partition("\n\n")[0]
    assert [line.split()[1] for line in ended.splitlines()] == ["fractured", "failed:", "failed:", "not"]
