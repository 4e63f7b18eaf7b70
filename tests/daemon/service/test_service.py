"""`run` and `once`, end to end: real processes, real files, the real released model, a real database."""

import csv
import hashlib
import io
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from daemon.spool.folders import Spool, create
from model.decisions.calibration import shift_prevalence
from model.release import find_release
from tests.support.daemons import RunningDaemon, count, environment, files, inboxray, rows, start
from tests.support.deadlines import scaled
from tests.support.failing import STEPS
from tests.support.mounts import tmpfs
from tests.support.pictures import dicom_bytes, drop, jpeg_bytes, png_bytes
from tests.support.release import shipped_release
from tests.support.waiting import wait_until

CALM = {"look_interval_ms": 50, "settle_s": 0.3, "incomplete_wait_s": 1}


def put(spool, named):
    inbox = spool / "inbox"
    for name, data in named.items():
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def assert_settled(spool):
    """Nothing is left to do; the last moves follow the commit that made a row visible."""
    wait_until(lambda: not list((spool / "claimed").iterdir()), what="claimed/ to be empty")
    assert files(spool / "inbox") == []


def test_once_answers_each_file_exactly_once(tmp_path):
    named = {f"a/{seed}.png": png_bytes(seed) for seed in range(9)}
    named |= {f"{seed}.jpg": jpeg_bytes(seed) for seed in range(9)}
    named |= {f"b/c/{seed}": dicom_bytes(seed) for seed in range(9)}
    named |= {"note.txt": b"no picture", "empty.png": b"", "cut.png": png_bytes(1)[:200]}
    put(tmp_path / "spool", named)

    done = inboxray(tmp_path / "spool", "once", fresh=True, **CALM)

    recorded = rows(tmp_path / "spool")
    assert done.returncode == 0, done.stderr
    assert sorted(named) == sorted(row["source_name"] for row in recorded)
    codes = {row["source_name"]: row["error_code"] for row in recorded if row["outcome"] == "failed"}
    assert codes == {"note.txt": "unknown_format", "empty.png": "empty_file", "cut.png": "truncated"}
    assert sum(row["outcome"] == "classified" for row in recorded) == 27
    for row in recorded:
        assert hashlib.sha256(named[row["source_name"]]).hexdigest() == row["sha256"]
        assert named[row["source_name"]] == (tmp_path / "spool" / row["stored_path"]).read_bytes()
    reasons = files(tmp_path / "spool" / "failed")
    assert sum(path.name.endswith(".reason.json") for path in reasons) == 3
    assert_settled(tmp_path / "spool")


def test_once_exports_as_many_lines_as_rows(tmp_path):
    spool = tmp_path / "spool"
    put(spool, {f"{seed}.png": png_bytes(seed) for seed in range(5)} | {"x": b"?"})
    inboxray(spool, "once", **CALM)

    exported = inboxray(spool, "export", "-")

    lines = list(csv.reader(io.StringIO(exported.stdout)))
    assert 1 + count(spool) == len(lines)
    assert lines[0][0] == "scan_id"


def test_the_same_name_again_keeps_both(tmp_path):
    spool = tmp_path / "spool"
    for seed in range(3):
        put(spool, {"knee.png": png_bytes(seed)})
        inboxray(spool, "once", **CALM)

    kept = {hashlib.sha256(path.read_bytes()).hexdigest() for path in files(spool / "done")}
    assert kept == {hashlib.sha256(png_bytes(seed)).hexdigest() for seed in range(3)}
    assert len({row["stored_path"] for row in rows(spool)}) == 3


def test_the_same_bytes_name_their_first_scan(tmp_path):
    spool = tmp_path / "spool"
    put(spool, {"a.png": png_bytes(1), "b.png": png_bytes(1)})
    inboxray(spool, "once", **CALM)
    put(spool, {"c.png": png_bytes(1)})
    inboxray(spool, "once", **CALM)

    first, *later = rows(spool)
    assert first["duplicate_of"] is None
    assert [first["scan_id"]] * 2 == [row["duplicate_of"] for row in later]
    assert len({row["probability"] for row in [first, *later]}) == 1


def test_a_row_leads_to_its_own_file_after_a_requeue(tmp_path):
    spool = tmp_path / "spool"
    put(spool, {"cut.png": png_bytes(1)[:200]})
    inboxray(spool, "once", **CALM)
    for _ in range(2):
        assert inboxray(spool, "requeue", "--failed").returncode == 0
        inboxray(spool, "once", **CALM)

    recorded = rows(spool)
    assert len({row["stored_path"] for row in recorded}) == 3
    assert [None, *(row["scan_id"] for row in recorded[:-1])] == [row["requeued_from"] for row in recorded]
    assert inboxray(spool, "db", "check", "--deep").returncode == 0


def test_a_running_daemon_answers_each_way_of_arriving_within_three_seconds(tmp_path):
    with RunningDaemon(tmp_path / "spool") as daemon:
        drop(daemon.inbox / "renamed.dcm", dicom_bytes(1))
        source = tmp_path / "copied.png"
        source.write_bytes(png_bytes(2))
        shutil.copyfile(source, daemon.inbox / "copied.png")
        folder = tmp_path / "folder"
        folder.mkdir()
        for seed in range(50):
            (folder / f"{seed}.png").write_bytes(png_bytes(100 + seed))
        folder.rename(daemon.inbox / "folder")
        daemon.wait_for_rows(52, timeout_s=20)

        for row in rows(daemon.spool):
            assert row["outcome"] == "classified"
        assert daemon.inbox.joinpath("folder").is_dir()
        assert_settled(daemon.spool)


def test_a_slow_writer_is_never_reported_as_broken(tmp_path):
    data = dicom_bytes(3)
    with RunningDaemon(tmp_path / "spool", settle_s=0.3) as daemon:
        size = len(data) // 8 + 1
        for start in range(0, len(data), size):
            with (daemon.inbox / "slow.dcm").open("ab") as file:
                file.write(data[start : start + size])
            end = time.monotonic() + 0.5
            wait_until(lambda end=end: time.monotonic() > end, what="the writer's pause")
        daemon.wait_for_rows(1, timeout_s=3)  # from when it is complete

        (row,) = rows(daemon.spool)
        assert ("classified", hashlib.sha256(data).hexdigest()) == (row["outcome"], row["sha256"])


def test_killed_in_the_middle_each_file_still_ends_once(tmp_path):
    spool, many = tmp_path / "spool", 60
    put(spool, {f"{seed}.png": png_bytes(seed) for seed in range(many)})
    for path in files(spool / "inbox"):
        os.utime(path)
    late = [(STEPS["the batch is taken"], "SLEEP", {"passes": 2})]  # it is killed meanwhile
    daemon = RunningDaemon(spool, batch_size=16, faults=late, **CALM)
    daemon.start()
    daemon.wait_for_rows(1)  # batches may be small: more need not come before the third, which sleeps
    children = psutil.Process(daemon.process.pid).children(recursive=True)
    daemon.stop(signal.SIGKILL)
    assert daemon.status()["state"] == "running"  # no last words
    assert count(spool) < many
    _, alive = psutil.wait_procs(children, timeout=scaled(10))
    assert alive == []

    assert inboxray(spool, "once", **CALM).returncode == 0

    assert sorted(f"{seed}.png" for seed in range(many)) == sorted(row["source_name"] for row in rows(spool))
    assert len(files(spool / "done")) == many
    assert_settled(spool)


def test_a_nul_in_a_header_and_a_name_that_is_no_text_cost_no_other_row(tmp_path):
    spool = tmp_path / "spool"
    put(spool, {f"{seed}.dcm": dicom_bytes(seed) for seed in range(15)})
    inbox = os.fsencode(spool / "inbox")
    Path(os.fsdecode(inbox + b"/\xff\xfe.dcm")).write_bytes(
        dicom_bytes(99, PatientID="A\0B", AccessionNumber="\x1b[31m")
    )

    done = inboxray(spool, "once", batch_size=16, **CALM)

    assert done.returncode == 0, done.stderr
    recorded = rows(spool)
    assert len(recorded) == 16
    assert {"classified"} == {row["outcome"] for row in recorded}
    assert "%FF%FE.dcm" in {row["source_name"] for row in recorded}
    assert all("\0" not in (row["patient_id"] or "") for row in recorded)


def test_a_second_daemon_on_a_spool_is_refused(tmp_path):
    with RunningDaemon(tmp_path / "spool") as daemon:
        second = inboxray(daemon.spool, "run")

        assert second.returncode == 75
        assert str(daemon.process.pid) in second.stderr


def test_sigterm_finishes_what_is_claimed(tmp_path):
    spool = tmp_path / "spool"
    put(spool, {f"{seed}.png": png_bytes(seed) for seed in range(60)})
    daemon = RunningDaemon(spool, **CALM)
    daemon.start()
    daemon.wait_for_rows(1)

    assert daemon.stop() == 0
    assert daemon.status()["state"] == "stopped"

    assert list((spool / "claimed").iterdir()) == []
    assert count(spool) + len(files(spool / "inbox")) == 60


def test_no_network_runtime_but_litert_is_mapped(tmp_path):
    with RunningDaemon(tmp_path / "spool", fresh=True) as daemon:
        drop(daemon.inbox / "a.png", png_bytes(1))
        daemon.wait_for_rows(1)
        processes = [psutil.Process(daemon.process.pid)]
        processes += processes[0].children(recursive=True)
        mapped = {Path(m.path).name for process in processes for m in process.memory_maps()}

        assert len(processes) > 2
        assert not [name for name in mapped if "tensorflow" in name.lower()]


def test_logs_hold_nothing_of_the_patient(tmp_path):
    canary = "CANARY7731"
    spool = tmp_path / "spool"
    tags = {"PatientName": canary, "PatientID": canary, "AccessionNumber": canary, "StudyDescription": canary}
    put(spool, {f"{canary}.dcm": dicom_bytes(1, **tags), f"{canary}.cut": dicom_bytes(2, **tags)[:9000]})
    put(spool, {f"{canary}.txt": canary.encode()})

    done = inboxray(spool, "once", log_level="debug", **CALM)

    assert count(spool) == 3
    assert canary not in done.stdout + done.stderr
    for reason in (spool / "failed").rglob("*.reason.json"):
        assert canary not in reason.read_text()


@pytest.mark.parametrize("mode", ["hash", "drop"])
def test_identifiers_are_hashed_or_dropped_everywhere(tmp_path, mode):
    canary = "CANARY7731"
    spool = tmp_path / "spool"
    key = tmp_path / "key"
    key.write_bytes(os.urandom(32))
    put(spool, {f"{canary}/{canary}.dcm": dicom_bytes(1, PatientID=canary)})

    done = inboxray(spool, "once", identifiers=mode, identifiers_key_file=key, **CALM)

    assert done.returncode == 0, done.stderr
    (row,) = rows(spool)
    assert canary not in str(row)
    assert (spool / row["stored_path"]).read_bytes() == dicom_bytes(1, PatientID=canary)
    assert (row["patient_id"] is None) == (mode == "drop")


def fill(path):
    """Take all the room that there is."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_once_leaves_a_disk_that_stays_full_and_loses_nothing(tmp_path):
    with tmpfs(tmp_path / "spool", "3m") as spool:
        put(spool, {"a.png": png_bytes(1)})
        ballast = spool / "ballast"
        fill(ballast)
        url = f"sqlite:///{tmp_path / 'results.db'}"
        settings = CALM | {"database_url": url, "database_wait_s": 1}

        full = inboxray(spool, "once", **settings)
        ballast.unlink()
        again = inboxray(spool, "once", **settings)

        assert (full.returncode, again.returncode) in {(74, 0), (73, 0)}, full.stderr + again.stderr
        assert [path.read_bytes() for path in files(spool / "done")] == [png_bytes(1)]


def test_a_mount_inside_the_inbox_stops_nobody_else(tmp_path):
    spool = tmp_path / "spool"
    with tmpfs(spool / "inbox" / "mounted"):
        put(spool, {"mounted/a.png": png_bytes(1), "b.png": png_bytes(2)})

        done = inboxray(spool, "once", **CALM)

        assert done.returncode == 0, done.stderr
        assert [row["source_name"] for row in rows(spool)] == ["b.png"]
        assert '"files_unclaimable"' in done.stderr
        assert (spool / "inbox" / "mounted" / "a.png").exists()


def test_another_release_under_a_version_that_classified_here_is_78_and_claims_nothing(tmp_path):
    """Results name a model by name and version: two that share both could not be told apart."""
    spool, release = tmp_path / "spool", tmp_path / "release"
    put(spool, {"a.png": png_bytes(1)})
    assert inboxray(spool, "once", **CALM).returncode == 0
    shutil.copytree(find_release(), release)
    with (release / "release.json").open("a") as manifest:
        manifest.write("\n")
    put(spool, {"b.png": png_bytes(2)})

    refused = inboxray(spool, "once", model=release, **CALM)

    assert refused.returncode == 78
    assert f"{shipped_release().label} (sha256 " in refused.stderr
    assert "give this release another version" in refused.stderr
    assert (spool / "inbox" / "b.png").is_file()
    assert count(spool) == 1


def test_a_prevalence_is_reported_while_score_and_decision_stay(tmp_path):
    """Both stand in the row: what people read is shifted, what was decided is not."""
    named = {f"{seed}.png": png_bytes(seed) for seed in range(6)}
    plain, shifted = tmp_path / "plain", tmp_path / "shifted"
    for spool, setting in ((plain, {}), (shifted, {"prevalence": 0.02})):
        put(spool, named)
        assert inboxray(spool, "once", **CALM, **setting).returncode == 0

    assumed = shipped_release().calibration.prevalence
    before = {row["source_name"]: row for row in rows(plain)}
    after = {row["source_name"]: row for row in rows(shifted)}
    for name in named:
        score = before[name]["score"]
        assert before[name]["probability"] == score
        assert (after[name]["score"], after[name]["decision"]) == (score, before[name]["decision"])
        assert after[name]["probability"] == pytest.approx(shift_prevalence(score, assumed, 0.02), abs=1e-12)
        assert after[name]["probability"] < score


def test_a_file_that_is_no_database_is_not_waited_for(tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("Nothing of a database.")
    refused = inboxray(tmp_path / "spool", "run", database_url=f"sqlite:///{notes}")
    assert refused.returncode == 78
    assert f"{notes} is no SQLite database" in refused.stderr
    assert "daemon_ready" not in refused.stderr
    assert notes.read_text() == "Nothing of a database."


@contextmanager
def waiting_for_a_database(spool):
    """Start a daemon whose database does not answer; give its process and its log, once it waits."""
    log = spool.with_name("log")
    with log.open("ab") as file:
        variables = environment(spool, database_url="postgresql://nobody@127.0.0.1:1/none")
        process = start(["run"], env=variables, stdout=file, stderr=file)
    try:
        wait_until(lambda: "intake_paused" in log.read_text(), timeout_s=90, what="the pause")
        yield process, log
    finally:
        process.kill()


def test_a_database_that_is_away_is_waited_for_and_the_log_says_once_what_to_do(tmp_path):
    with waiting_for_a_database(tmp_path / "spool") as (process, log):
        process.send_signal(signal.SIGINT)
        assert process.wait(scaled(60)) == 0
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    (paused,) = [line for line in lines if line["event"] == "intake_paused"]
    assert paused["cause"] == "connection_refused"
    assert "see that the server runs" in paused["remedy"]
    assert [line["answered"] for line in lines if line["event"] == "daemon_stopped"] == [0]


AT_A_TERMINAL = """
import os, sys
os.login_tty(int(sys.argv[1]))  # a session of its own, as a shell's
os.execv(sys.argv[2], sys.argv[2:])
"""


def is_on_watch(daemon, terminal):
    """Return whether a daemon watches its inbox; read what it writes to its terminal, which is small."""
    while select.select([terminal], [], [], 0)[0]:
        os.read(terminal, 4096)
    return daemon.status().get("watcher") is not None and daemon.process.poll() is None


def test_a_closed_terminal_is_an_orderly_end(tmp_path):
    ours, theirs = pty.openpty()
    spool = tmp_path / "spool"
    create(Spool(spool))  # else it asks at its terminal
    daemon = RunningDaemon(spool)
    daemon.process = subprocess.Popen(
        [sys.executable, "-c", AT_A_TERMINAL, str(theirs), sys.executable, "-m", "daemon", "run"],
        env=environment(spool),
        pass_fds=[theirs],
    )
    os.close(theirs)
    try:
        wait_until(lambda: is_on_watch(daemon, ours), timeout_s=90, what="the daemon to watch its inbox")
        os.close(ours)
        assert daemon.process.wait(scaled(60)) == 0
    finally:
        daemon.process.kill()
    assert daemon.status()["state"] == "stopped"
