"""Scans by what made them, on SQLite and on PostgreSQL."""

from collections import Counter
from datetime import timedelta

import pytest

from storage.devices import devices
from tests.support.records import NOON, classified, failed

NEW, OLD = "a" * 12, "b" * 12
TWO = ("half_size", "rle_surplus")


@pytest.fixture
def filled(engine, ledger, run_id):
    """Three scans of a device, as many of another, one of none, a canary."""
    ledger.record(
        [
            failed(1, "bad_pixels", device=NEW, manufacturer="Maker", station_name="Room 7"),
            failed(2, "truncated", device=NEW, manufacturer="MAKER", station_name="ROOM 7"),
            classified(3, decision="abstained", device=NEW, warnings=TWO),
            classified(4, device=OLD),
            classified(5, device=OLD, warnings=()),
            classified(6, device=OLD, warnings=("rle_surplus",)),
            failed(7, "no_image", outcome="rejected", device=OLD, manufacturer="Maker"),
            failed(8, "empty_file"),
            classified(9, is_canary=True, device=NEW),
        ],
        run_id,
    )
    return engine


def test_scans_are_counted_by_device_and_how_they_ended(filled):
    old, new, none = devices(filled)

    assert (old.device, old.scans, old.failed, old.abstained, old.warned) == (OLD, 4, 0, 0, 2)
    assert old.warnings == Counter({"odd_window": 1, "rle_surplus": 1})
    assert (new.device, new.scans, new.failed, new.abstained, new.warned) == (NEW, 3, 2, 1, 1)
    assert new.failures == Counter({"bad_pixels": 1, "truncated": 1})
    assert (none.device, none.scans, none.failures) == (None, 1, Counter({"empty_file": 1}))


def test_a_device_has_the_names_of_its_latest_scan_that_has_any(filled):
    old, new, none = devices(filled)

    assert (new.manufacturer, new.manufacturer_model_name, new.station_name) == ("MAKER", None, "ROOM 7")
    assert (old.manufacturer, old.station_name) == ("Maker", None)
    assert (none.manufacturer, none.manufacturer_model_name, none.station_name) == (None, None, None)
    assert (new.first_at, new.last_at) == (
        NOON + timedelta(seconds=1.25),
        NOON + timedelta(seconds=3.25),
    )


def test_since_and_until_are_half_open(filled):
    found = devices(filled, since=NOON + timedelta(seconds=2.25), until=NOON + timedelta(seconds=4.25))

    assert [(one.device, one.scans) for one in found] == [(NEW, 2)]


def test_without_scans_there_is_no_device(engine):
    assert devices(engine) == []


def test_the_first_scans_of_a_device_are_its_own_in_the_order_of_recording(ledger, filled, run_id):
    ledger.record([failed(10, device=NEW)], run_id)

    found = ledger.first_of_devices([NEW, OLD, "f" * 12], 3)

    assert [one.scan_id for one in found[NEW]] == ids(1, 2, 3)
    assert [one.scan_id for one in found[OLD]] == ids(4, 5, 6)
    assert found["f" * 12] == ()
    assert (found[NEW][0].outcome, found[NEW][0].error_code) == ("failed", "bad_pixels")
    assert (found[NEW][2].decision, found[NEW][2].warnings) == ("abstained", TWO)


def ids(*numbers: int) -> list[str]:
    return [classified(number).scan_id for number in numbers]


def test_names_are_cleaned_as_other_texts_are(engine, ledger, run_id):
    hostile = classified(1, device=NEW, station_name="Room\x1b[31m\0" + "x" * 5000)
    ledger.record([hostile], run_id)

    [found] = devices(engine)

    assert found.station_name is not None
    assert len(found.station_name) <= 256
    assert found.station_name.isprintable()
