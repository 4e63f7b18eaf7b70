import json
import os

import pytest

pytest.importorskip("pynetdicom", reason="the extra `pacs` is not installed")
pytest.importorskip("httpx", reason="the extra `pacs` is not installed")

from storage.engine import open_engine
from storage.ledger import Ledger
from storage.urls import sqlite_url
from tests.support.daemons import environment, run
from tests.support.ports import free_port
from tests.support.records import RUN, classified, scan_id
from tests.support.result_objects import uid_of
from tests.support.sending_process import UNMAKEABLE
from tests.support.web_hooks import HookServer


@pytest.fixture
def send(recorded, tmp_path):
    """Run `send --once` to a folder, with objects that are quickly made."""
    (tmp_path / "archive").mkdir()

    def end(*more, unmakeable="", **settings):
        chosen = {"send_to": f"file://{tmp_path}/archive", "dicom_results": "sr"} | settings
        env = environment(recorded, **chosen) | {UNMAKEABLE: unmakeable}
        return run(["send", "--once", *more], module="tests.support.sending_process", env=env)

    return end


def record(spool, *numbers):
    engine = open_engine(sqlite_url(spool / "results.db"))
    ledger = Ledger(engine)
    ledger.record([classified(number) for number in numbers], ledger.begin_run(RUN))
    engine.dispose()


def test_what_was_recorded_since_it_began_is_sent(send, recorded, tmp_path):
    first = send()
    assert (first.returncode, os.listdir(tmp_path / "archive")) == (0, []), first.stderr
    record(recorded, 7, 8)
    second = send()
    assert second.returncode == 0, second.stderr
    assert "confirmed: 2" in second.stderr
    assert sorted(os.listdir(tmp_path / "archive")) == sorted(
        f"{uid_of(scan_id(number))}.dcm" for number in (7, 8)
    )


def test_what_waits_still_is_69_and_one_destination_holds_no_other_up(send, recorded, tmp_path):
    down = f"dicom://PACS@127.0.0.1:{free_port()}"
    both = {"send_to": f"{down},file://{tmp_path}/archive"}
    assert send(**both).returncode == 0
    record(recorded, 7)
    end = send(**both)
    assert end.returncode == 69
    assert f"{down}: 1 object left; connect: " in end.stderr
    assert "nothing is lost" in end.stderr
    assert len(os.listdir(tmp_path / "archive")) == 1


def test_what_cannot_be_made_is_65_and_named_without_its_words(send, recorded):
    assert send().returncode == 0
    record(recorded, 7)
    end = send(unmakeable=scan_id(7), log_format="json")
    assert end.returncode == 65
    (line,) = [json.loads(line) for line in end.stderr.splitlines() if "objects_not_made" in line]
    assert (line["scan_id"], line["error_class"]) == (scan_id(7), "ValueError")


def test_without_a_database_the_first_row_is_new(tmp_path, send, recorded):
    os.rename(recorded / "results.db", tmp_path / "results.db")
    assert send().returncode == 0
    os.rename(tmp_path / "results.db", recorded / "results.db")
    assert send().returncode == 0
    assert len(os.listdir(tmp_path / "archive")) == 2, "both that were classified"


@pytest.mark.parametrize(
    ("settings", "words"), [({"send_to": ""}, "send_to"), ({"dicom_results": ""}, "dicom_results")]
)
def test_what_is_not_set_is_named(send, settings, words):
    end = send(**settings)
    assert (end.returncode, words in end.stderr) == (78, True)


def test_a_missing_package_is_named_with_what_installs_it(call, recorded, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "daemon.network.sending.assembly", None)
    end = call(recorded, "send", "--once")
    assert end.returncode == 78
    assert "pip install" in end.stderr


def test_a_study_that_is_quiet_is_posted_to_a_webhook_without_an_archive(send, recorded):
    with HookServer(204) as server:
        chosen = {
            "send_to": "",
            "dicom_results": "",
            "webhook_to": server.address,
            "webhook_secret": "s" * 20,
        }
        assert send(**chosen).returncode == 0
        record(recorded, 7)
        end = send(**chosen)
    assert (end.returncode, len(server.got)) == (0, 1), end.stderr
    assert "confirmed: 1" in end.stderr
    assert json.loads(server.got[0][2])["scan"]["scan_id"] == scan_id(7)
    assert "patient-7" not in server.got[0][2].decode()


def test_a_second_sender_is_refused(send, recorded):
    from daemon.network.sending.outbox import FOLDER, Outbox

    with Outbox(recorded / FOLDER).held():
        assert send().returncode == 75
