"""A real archive, answered by a real process where it lies, also after it was killed."""

import json
import os
import signal

import pytest

from tests.support.daemons import count, environment, files, inboxray, rows, start
from tests.support.pictures import png_bytes
from tests.support.release import shipped_release
from tests.support.waiting import wait_until

LONGEST_PATH = 4095


@pytest.fixture
def archive(tmp_path):
    """Twelve pictures, three files of another program, a cut picture, and a link to one outside."""
    root = tmp_path / "archive"
    for number in range(12):
        path = root / f"20{number:02}" / f"{number}.png"
        path.parent.mkdir(parents=True)
        path.write_bytes(png_bytes(number % 10))
        os.utime(path, (1e9 + number * 1e6,) * 2)
    for number in range(3):
        (root / f"{number}.xml").write_text(f"<report>{number}</report>")
    (root / "cut.png").write_bytes(png_bytes(1)[:100])
    outside = tmp_path / "outside.png"
    outside.write_bytes(png_bytes(3))
    (root / "link.png").symlink_to(outside)
    return root


def snapshot(root):
    looked = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        looked[path] = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_mode)
    return looked


def ended(process):
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def test_each_file_has_its_row_and_nothing_in_the_archive_is_touched(archive, tmp_path):
    """Break it: dispose of what is recorded. The archive is empty then."""
    before, spool = snapshot(archive), tmp_path / "spool"
    # Of two that are decoded at once either may be recorded first: one at a time here.
    state = ended(inboxray(spool, "backfill", str(archive), "--newest-first", "--json", decode_workers=1))
    assert (state["total"], state["answered"], state["not_ours"], state["ignored"]) == (16, 13, 3, 1)
    assert snapshot(archive) == before
    found = rows(spool)
    assert [row["outcome"] for row in found].count("classified") == 12
    assert [row["error_code"] for row in found if row["outcome"] == "failed"] == ["truncated"]
    assert {row["stored_path"] for row in found if row["outcome"] == "classified"} == {
        str(path) for path in files(archive) if path.parent.name.startswith("20")
    }
    in_order = [row["source_name"] for row in found if row["source_name"].startswith("20")]
    assert in_order == [f"20{number:02}/{number}.png" for number in range(11, -1, -1)]
    assert sum(row["duplicate_of"] is not None for row in found) == 2
    # A second time, and after each file was touched: known by its place and its bytes.
    state = ended(inboxray(spool, "backfill", str(archive), "--json"))
    assert (state["answered"], state["known"]) == (0, 13)
    for path in files(archive):
        os.utime(path)
    (archive / "2000" / "0.png").write_bytes(png_bytes(77))
    state = ended(inboxray(spool, "backfill", str(archive), "--json"))
    assert (state["answered"], state["known"], count(spool)) == (1, 12, 14)
    # What the row names is no file of ours.
    refused = inboxray(spool, "requeue", found[0]["scan_id"])
    assert (refused.returncode, "original of an archive" in refused.stderr) == (65, True)
    assert found[0]["stored_path"] in inboxray(spool, "explain", found[0]["scan_id"], "--json").stdout
    check = inboxray(spool, "db", "check")
    assert check.returncode == 0, check.stdout + check.stderr
    assert files(spool / "done") == files(spool / "failed") == []


def test_killed_again_and_again_each_file_has_one_row(tmp_path):
    """Break it: draw the ids by chance. Those that were recorded before a kill come twice."""
    root, spool = tmp_path / "archive", tmp_path / "spool"
    root.mkdir()
    total = 150
    for number in range(total):
        (root / f"{number:03}.png").write_bytes(png_bytes(number))
    for least in (0, 70):
        with (tmp_path / "log").open("ab") as log:
            words = ["backfill", str(root), "--rate", "40"]  # else it may be over before it is killed
            process = start(words, env=environment(spool), stdout=log, stderr=log)
        wait_until(lambda least=least: count(spool) > least, timeout_s=60, what="rows")
        process.send_signal(signal.SIGKILL)
        process.wait()
    between = count(spool)
    state = ended(inboxray(spool, "backfill", str(root), "--json", timeout=120))
    assert 0 < between < total
    assert (state["state"], state["done"]) == ("finished", total)
    found = rows(spool, "source_name")
    assert (len(found), len({row["source_name"] for row in found})) == (total, total)


def test_asked_to_stop_it_says_how_far_it_came_and_the_same_command_goes_on(tmp_path):
    root, spool = tmp_path / "archive", tmp_path / "spool"
    root.mkdir()
    for number in range(40):
        (root / f"{number}.png").write_bytes(png_bytes(number))
    with (tmp_path / "log").open("wb") as log:
        process = start(
            ["backfill", str(root), "--rate", "0.1"], env=environment(spool), stdout=log, stderr=log
        )
        wait_until(lambda: count(spool), timeout_s=60, what="a row")
        running = json.loads(inboxray(spool, "status", "--json").stdout)["backfills"]
        assert (running[0]["running"], running[0]["total"], running[0]["source"]) == (True, 40, str(root))
        busy = inboxray(spool, "backfill", str(root))
        assert (busy.returncode, "already" in busy.stderr) == (75, True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
    assert count(spool) < 40
    assert "stopped: the same command goes on" in inboxray(spool, "status").stdout
    assert ended(inboxray(spool, "backfill", str(root), "--json"))["done"] == 40


def test_an_archive_that_goes_away_makes_no_rows_and_its_files_are_answered_once_it_is_back(tmp_path):
    """Break it: give what cannot be opened its row. What was away is unreadable for ever then."""
    root, away, spool = tmp_path / "archive", tmp_path / "away", tmp_path / "spool"
    root.mkdir()
    for number in range(40):
        (root / f"{number}.png").write_bytes(png_bytes(number))
    with (tmp_path / "log").open("wb") as log:
        process = start(
            ["backfill", str(root), "--rate", "4"], env=environment(spool), stdout=log, stderr=log
        )
        wait_until(lambda: count(spool), timeout_s=60, what="a row")
        root.rename(away)
        assert process.wait(60) == 74
    assert "bring it back" in (tmp_path / "log").read_text()
    assert {row["outcome"] for row in rows(spool)} == {"classified"}
    away.rename(root)
    state = ended(inboxray(spool, "backfill", str(root), "--json"))
    assert (state["done"], state["gone"]) == (40, 0)
    found = rows(spool)
    assert (len(found), {row["outcome"] for row in found}) == (40, {"classified"})


def test_what_cannot_be_looked_at_is_named_and_answered_once_it_can(tmp_path):
    """Break it: count it as gone. The command ends with 0, and a picture has no answer."""
    root, spool = tmp_path / "archive", tmp_path / "spool"
    root.mkdir()
    (root / "near.png").write_bytes(png_bytes(1))
    folder = root / "far"
    while room := LONGEST_PATH - 5 - len(bytes(folder)):  # its name fits in a path, those of its files do not
        folder /= "d" * min(200, room - 1 if room != 202 else 100)
    folder.mkdir(parents=True)
    descriptor = os.open(folder, os.O_RDONLY)
    written = os.open("hand.png", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor)
    os.write(written, png_bytes(2))
    os.close(written)
    os.close(descriptor)
    counted = ended(inboxray(spool, "backfill", str(root), "--dry-run", "--json"))
    assert (counted["files"], counted["unreadable"], counted["gone"]) == (2, 1, 0)
    refused = inboxray(spool, "backfill", str(root), "--json")
    assert (refused.returncode, "1 file could not be looked at" in refused.stderr) == (74, True)
    assert json.loads(refused.stdout)["unreadable"] == 1
    (named,) = (spool / ".backfill").glob("*/unreadable")
    assert named.read_text() == f"{folder}/hand.png\n"
    assert count(spool) == 1
    next((root / "far").iterdir()).rename(root / "near")
    state = ended(inboxray(spool, "backfill", str(root), "--json"))
    assert (state["known"], state["answered"], count(spool)) == (1, 1, 2)


def test_a_share_that_is_not_mounted_when_it_goes_on_makes_nothing_gone(tmp_path):
    """Break it: ask whether the folder is there. It is, and empty; all that was left counts as gone."""
    root, away, spool = tmp_path / "archive", tmp_path / "away", tmp_path / "spool"
    root.mkdir()
    for number in range(8):
        (root / f"{number}.png").write_bytes(png_bytes(number))
    with (tmp_path / "log").open("wb") as log:
        process = start(
            ["backfill", str(root), "--rate", "2"], env=environment(spool), stdout=log, stderr=log
        )
        wait_until(lambda: count(spool), timeout_s=60, what="a row")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 130
    root.rename(away)
    root.mkdir()
    refused = inboxray(spool, "backfill", str(root))
    assert (refused.returncode, "is empty" in refused.stderr) == (74, True)
    root.rmdir()
    away.rename(root)
    state = ended(inboxray(spool, "backfill", str(root), "--json"))
    assert (state["done"], state["gone"], count(spool)) == (8, 0, 8)


def test_what_another_release_answered_is_answered_again_where_it_lies(tmp_path):
    """Break it: reuse the earlier prediction. The new row says what the old release said."""
    spool = tmp_path / "spool"
    (spool / "inbox").mkdir(parents=True)
    for number in range(3):
        (spool / "inbox" / f"{number}.png").write_bytes(png_bytes(number))
    quick = {"settle_s": 0.1, "look_interval_ms": 20}
    assert inboxray(spool, "once", **quick).returncode == 0
    stored, before = snapshot(spool / "done"), rows(spool)
    assert ended(inboxray(spool, "backfill", "--again", "--json"))["total"] == 0  # this release's own
    with_other_model(spool)
    state = ended(inboxray(spool, "backfill", "--again", "--name", "1.png", "--json"))
    assert (state["total"], state["answered"]) == (1, 1)
    state = ended(inboxray(spool, "backfill", "--again", "--json"))
    assert (state["total"], state["answered"]) == (2, 2)
    after = rows(spool)
    assert snapshot(spool / "done") == stored
    assert sorted(row["requeued_from"] for row in after[3:]) == sorted(row["scan_id"] for row in before)
    assert {row["stored_path"] for row in after} == {row["stored_path"] for row in before}
    assert len({row["model_id"] for row in after}) == 2
    assert inboxray(spool, "db", "check").returncode == 0


def with_other_model(spool):
    """Let all rows say that another release answered."""
    import sqlite3

    with sqlite3.connect(spool / "results.db") as connection:
        connection.execute(
            "INSERT INTO models (name, version, sha256, thresholds, calibration)"
            " SELECT name, 'of-before', ?, thresholds, calibration FROM models",
            ("0" * 64,),
        )
        connection.execute("UPDATE predictions SET model_id = (SELECT max(id) FROM models)")
        connection.execute("UPDATE scans SET model_id = (SELECT max(id) FROM models)")
    assert shipped_release().sha256 != "0" * 64
