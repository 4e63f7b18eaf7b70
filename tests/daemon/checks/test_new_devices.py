import json
from collections import Counter

import pytest
from structlog.testing import capture_logs

from daemon.checks import new_devices
from daemon.checks.new_devices import FIRST_SCANS, FirstScans, NewDevices, Verdict
from storage.errors import DatabaseUnavailable
from storage.ledger import Ledger
from tests.support.at_head import open_at_head
from tests.support.daemons import inboxray
from tests.support.pictures import dicom_bytes, drop
from tests.support.records import MODEL, RUN, classified, failed

DEVICE = "a1b2c3d4e5f6"
CANARY = "CANARY7731"


@pytest.fixture
def ledger(tmp_path):
    engine = open_at_head(tmp_path / "results.db")
    made = Ledger(engine)
    made.register_model(MODEL)
    yield made
    engine.dispose()


@pytest.fixture
def record(ledger):
    """Record scans as a daemon does, and have them looked at."""
    run_id = ledger.begin_run(RUN)

    def record(watch, rows):
        ledger.record(rows, run_id)
        return watch.take(rows)

    return record


def failing(numbers, **changed):
    return [failed(number, "bad_pixels", **({"device": DEVICE} | changed)) for number in numbers]


def test_the_first_twenty_scans_are_summed_up_once(ledger, record):
    watch = NewDevices(ledger.first_of_devices)
    with capture_logs() as logged:
        assert record(watch, failing(range(15))) == []
        assert record(watch, [classified(15, device=DEVICE, station_name=CANARY, warnings=(CANARY,))]) == []
        [summed] = record(watch, failing(range(16, 24)))
        assert record(watch, failing(range(24, 60))) == []

    assert summed.device == DEVICE
    assert summed.failures == Counter({"bad_pixels": FIRST_SCANS - 1})
    assert (summed.abstained, summed.warned, summed.warnings) == (0, 1, Counter({"other": 1}))
    assert summed.example == failed(19).scan_id
    [line] = [line for line in logged if line["event"] == "new_device"]
    assert line["log_level"] == "warning"
    assert (line["device"], line["verdict"], line["scans"]) == (DEVICE, "failing", FIRST_SCANS)
    assert line["failures"] == {"bad_pixels": FIRST_SCANS - 1}
    assert CANARY not in str(logged)


def test_a_new_dr_whose_files_all_fail_is_seen_at_once(tmp_path):
    """Through a real run, over two batches and two starts; its names are in no line of the log."""
    spool = tmp_path / "spool"
    names = {"Manufacturer": CANARY, "ManufacturerModelName": CANARY, "StationName": CANARY}
    settings = {"settle_s": 0.2, "incomplete_wait_s": 0.2, "log_format": "json", "batch_size": 8}
    logged = ""
    for numbers in (range(12), range(12, 24)):
        for number in numbers:
            drop(spool / "inbox" / f"{number}.dcm", dicom_bytes(number, **names, BitsAllocated=7))
        ended = inboxray(spool, "once", **settings)
        assert ended.returncode == 0, ended.stderr
        logged += ended.stderr

    lines = [json.loads(line) for line in logged.splitlines()]
    [line] = [line for line in lines if line["event"] == "new_device"]
    assert (line["verdict"], line["failures"]) == ("failing", {"bad_header": FIRST_SCANS})
    assert CANARY not in logged
    [device] = json.loads(inboxray(spool, "devices", "--format", "json").stdout)
    assert (device["device"], device["station_name"], device["scans"]) == (line["device"], CANARY, 24)


def test_a_restart_neither_forgets_nor_repeats(ledger, record):
    record(NewDevices(ledger.first_of_devices), failing(range(19)))

    [summed] = record(NewDevices(ledger.first_of_devices), failing([19]))

    assert summed.failures.total() == FIRST_SCANS
    assert record(NewDevices(ledger.first_of_devices), failing([20])) == []


def test_a_device_that_was_there_before_is_not_new(ledger, record):
    watch = NewDevices(ledger.first_of_devices)
    ledger.record(failing(range(100)), ledger.begin_run(RUN))

    assert record(watch, failing(range(100, 130))) == []


def test_canaries_and_scans_without_a_device_are_none_of_it(ledger, record):
    watch = NewDevices(ledger.first_of_devices)

    assert record(watch, failing(range(30), device=None)) == []
    assert record(watch, failing(range(30, 60), is_canary=True)) == []


def test_it_asks_about_a_known_device_no_more():
    asked = []

    def first_of(devices, most):
        asked.append(tuple(devices))
        return {device: first(device) for device in devices}

    watch = NewDevices(first_of)
    for number in range(3):
        watch.take(failing([number]))

    assert asked == [(DEVICE,)]


def first(device):
    return [classified(number, device=device) for number in range(FIRST_SCANS)]


def test_what_it_knows_is_bounded_for_a_file_may_name_any_device(monkeypatch):
    monkeypatch.setattr(new_devices, "_MOST_KNOWN", 50)
    watch = NewDevices(lambda devices, _most: {device: first(device) for device in devices})

    for number in range(500):
        assert watch.take(failing([1000 + number], device=f"{number:012x}")) == []

    assert len(watch._known) <= 50


def test_a_database_that_is_away_costs_nothing_but_the_line():
    def away(_devices, _most):
        raise DatabaseUnavailable("away")

    assert NewDevices(away).take(failing(range(20))) == []


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"decision": "fractured", "warnings": ()}, Verdict.SOUND),
        ({"decision": "fractured", "warnings": ("half_size",)}, Verdict.WARNED),
        ({"decision": "abstained", "warnings": ("half_size",)}, Verdict.ABSTAINED),
        (
            {"outcome": "failed", "error_code": "bad_pixels", "decision": None, "warnings": ()},
            Verdict.FAILING,
        ),
    ],
)
@pytest.mark.parametrize("number", [9, 10, 20])
def test_what_half_of_them_have_in_common_is_the_verdict(changed, verdict, number):
    sound = [classified(one, warnings=()) for one in range(20 - number)]
    odd = [classified(one, **changed) for one in range(20 - number, 20)]

    summed = FirstScans.of(DEVICE, [*sound, *odd])

    assert summed.verdict is (verdict if number >= 10 else Verdict.SOUND)
