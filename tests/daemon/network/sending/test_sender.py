"""The whole process, with real archives, and killed again and again."""

import json
import signal
from pathlib import Path

from daemon.network.sending.outbox import FOLDER, Outbox
from daemon.network.sending.overview import look
from storage.engine import open_engine
from storage.ledger import Ledger
from storage.urls import sqlite_url
from tests.support.archives import Orthanc, StoreScp, needs_orthanc, needs_storescp
from tests.support.daemons import environment, run, start
from tests.support.deadlines import scaled
from tests.support.own_network import VARIABLE
from tests.support.recorded import fill
from tests.support.records import RUN, classified, failed, scan_id
from tests.support.result_objects import uid_of
from tests.support.waiting import wait_until

PROGRAM = "tests.support.sending_process"


def send(network, spool, *words, **settings):
    """Run a command of it to its end."""
    env = environment(spool, dicom_results="sr", **settings) | {VARIABLE: network}
    return run(words, module=PROGRAM, env=env)


def record(spool, *records):
    engine = open_engine(sqlite_url(spool / "results.db"))
    ledger = Ledger(engine)
    ledger.record(list(records), ledger.begin_run(RUN))
    engine.dispose()


class Running:
    """`inboxray send` as a context manager."""

    def __init__(self, network, spool, **settings):
        self.log = Path(f"{spool}.send.log")
        self.environment = environment(spool, log_format="json", dicom_results="sr", **settings) | {
            VARIABLE: network
        }

    def __enter__(self):
        with self.log.open("ab") as log:
            self.process = start(["send"], module=PROGRAM, env=self.environment, stdout=log, stderr=log)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(scaled(20))


@needs_storescp
def test_once_sends_what_was_recorded_since_the_destination_was_set(network, tmp_path):
    spool = fill(tmp_path / "spool", [classified(1)])
    with StoreScp(tmp_path / "archive") as archive:
        first = send(network, spool, "send", "--once", send_to=archive.address)
        assert (first.returncode, archive.uids()) == (0, []), first.stderr
        record(spool, classified(2), failed(3), classified(4))
        second = send(network, spool, "send", "--once", send_to=archive.address)
        assert second.returncode == 0, second.stderr
        assert archive.uids() == sorted(uid_of(scan_id(number)) for number in (2, 4))
        assert "unconfirmed: 2" in second.stderr


@needs_storescp
def test_killed_again_and_again_while_100_travel_each_arrives_and_none_is_lost(network, tmp_path):
    """Break it: move the cursor before objects are in the outbox, or the object before the peer's answer."""
    spool = fill(tmp_path / "spool", [classified(1)])
    settings = {"send_retry_s": 0.05, "send_retry_most_s": 0.2}
    with StoreScp(tmp_path / "archive", "--unique-filenames") as archive:
        end = send(network, spool, "send", "--once", send_to=archive.address)
        assert end.returncode == 0, end.stderr
        numbers = range(2, 102)
        record(spool, *map(classified, numbers))
        kills = 0
        for least in range(9, 96, 9):
            with Running(network, spool, send_to=archive.address, **settings) as sender:
                wait_until(
                    lambda least=least: len(list(archive.folder.iterdir())) >= least,
                    timeout_s=30,
                    every_s=0.002,
                    what=f"{least} objects",
                )
                kills += 1
                sender.process.send_signal(signal.SIGKILL)
                sender.process.wait(scaled(20))
        end = send(network, spool, "send", "--once", send_to=archive.address)
        assert end.returncode == 0, end.stderr
        arrived = archive.uids()
    assert sorted(set(arrived)) == sorted(uid_of(scan_id(number)) for number in numbers)
    assert len(arrived) - len(numbers) <= kills, "more was sent twice than was cut off"
    (shelf,) = look(Outbox(spool / FOLDER), (archive.address,)).shelves
    assert (shelf.objects["unconfirmed"], shelf.waits) == (len(numbers), 0)


@needs_orthanc
def test_an_archive_that_is_killed_gets_each_once_and_holds_no_other_destination_up(network, tmp_path):
    spool = fill(tmp_path / "spool", [classified(1)])
    (tmp_path / "folder").mkdir()
    orthanc = Orthanc(tmp_path / "orthanc")
    settings = {
        "send_to": f"{orthanc.address},{orthanc.stow},file://{tmp_path}/folder",
        "send_retry_s": 0.1,
        "send_retry_most_s": 0.5,
    }
    assert send(network, spool, "send", "--once", **settings).returncode == 0
    numbers = range(2, 42)
    with Running(network, spool, **settings) as sender:
        record(spool, *map(classified, numbers))
        wait_until(
            lambda: len(list((tmp_path / "folder").iterdir())) == len(numbers),
            timeout_s=30,
            what="the folder",
        )
        for least in (1, 15):
            with orthanc:
                wait_until(lambda least=least: len(orthanc.uids()) >= least, timeout_s=30, what="some")
        with orthanc:
            boxes = [Outbox(spool / FOLDER), tuple(settings["send_to"].split(","))]
            wait_until(
                lambda: all(shelf.objects["confirmed"] == len(numbers) for shelf in look(*boxes).shelves),
                timeout_s=60,
                what="the confirmation of all",
            )
            assert orthanc.uids() == sorted(uid_of(scan_id(number)) for number in numbers)
        sender.process.terminate()
        assert sender.process.wait(scaled(50)) == 0
    events = [json.loads(line)["event"] for line in sender.log.read_text().splitlines() if line[0] == "{"]
    assert "peer_failed" in events
    assert "peer_works" in events


def test_while_nothing_can_be_made_what_lies_there_is_sent_and_the_cause_is_said(network, tmp_path):
    spool = fill(tmp_path / "spool", [classified(1)])
    (tmp_path / "folder").mkdir()
    settings = {"send_to": f"file://{tmp_path}/folder"}
    assert send(network, spool, "send", "--once", **settings).returncode == 0
    record(spool, classified(2))
    end = send(network, spool, "send", "--once", outbox_min_free_percent=90, **settings)
    assert (end.returncode, "outbox_min_free_percent" in end.stderr) == (74, True)
    with Running(network, spool, outbox_min_free_percent=90, **settings):
        known = wait_until(
            lambda: look(Outbox(spool / FOLDER), (settings["send_to"],)).paused,
            timeout_s=30,
            what="the cause",
        )
    assert "make room" in known
    assert list((tmp_path / "folder").iterdir()) == []
    assert send(network, spool, "send", "--once", **settings).returncode == 0
    assert len(list((tmp_path / "folder").iterdir())) == 1
