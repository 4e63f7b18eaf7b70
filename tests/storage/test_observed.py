from datetime import timedelta

import pytest

from storage.observed import observed
from tests.support.records import MODEL, NOON, RUN, classified, digest, failed, scan_id


@pytest.fixture
def record(ledger):
    ledger.register_model(MODEL)
    run_id = ledger.begin_run(RUN)
    return lambda *rows: ledger.record(list(rows), run_id)


def numbers(engine, model=MODEL.sha256, **options):
    return [one.scan_id for one in observed(engine, model, **options)]


def test_scans_that_the_model_classified_come_in_the_order_of_recording(engine, record):
    record(classified(2), classified(1))
    record(failed(3))
    assert numbers(engine) == [scan_id(2), scan_id(1)]
    assert numbers(engine, "f" * 64) == []


def test_copies_and_canaries_are_left_out(engine, record):
    copy = classified(2, sha256=digest(1), duplicate_of=scan_id(1))
    record(classified(1), copy, classified(3, is_canary=True))
    assert numbers(engine) == [scan_id(1)]


def test_what_was_finished_before_is_left_out(engine, record):
    record(*(classified(n, finished_at=NOON + timedelta(hours=n)) for n in (1, 2, 3)))
    assert numbers(engine, since=NOON + timedelta(hours=2)) == [scan_id(2), scan_id(3)]
    with pytest.raises(ValueError, match=r"zone|aware|naive"):
        numbers(engine, since=NOON.replace(tzinfo=None))


def test_what_is_measured_comes_with_them(engine, record):
    record(classified(1, device="a1", picture={"brightness": 0.25}), classified(2))
    with_picture, without = observed(engine, MODEL.sha256)
    assert (with_picture.device, with_picture.picture, with_picture.score) == (
        "a1",
        {"brightness": 0.25},
        0.75,
    )
    assert (without.device, without.picture, without.modality) == (None, None, "DX")
