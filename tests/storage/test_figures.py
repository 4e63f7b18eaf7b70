import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from storage.figures import ended, last_midnights, latency
from storage.queries import Count, counts
from tests.support.records import NOON, classified, failed, scan_id

MIDNIGHTS = [datetime(2026, 11, day, tzinfo=UTC) for day in (22, 23, 24, 25)]


@pytest.fixture
def filled(engine, ledger, run_id):
    """Two scans and a failure of the 23rd, one of the 24th, a canary, one answered since."""
    ledger.record(
        [
            classified(1, device="a" * 12, manufacturer="Maker", station_name="Room 7"),
            classified(2, decision="abstained", device="a" * 12, manufacturer="Maker", station_name="Room 7"),
            failed(3, "truncated"),
            classified(4, received_at=NOON, finished_at=MIDNIGHTS[2]),
            classified(5, is_canary=True),
            failed(6, "truncated", device="b" * 12, manufacturer="Maker"),
            classified(7, requeued_from=scan_id(6), received_at=NOON, finished_at=MIDNIGHTS[3]),
        ],
        run_id,
    )
    return engine


def test_scans_are_counted_by_the_day_of_their_answer(filled):
    found = ended(filled, MIDNIGHTS).by_day

    assert list(found) == [date(2026, 11, day) for day in (22, 23, 24)]
    assert [one.scans for one in found.values()] == [0, 3, 1]
    assert found[date(2026, 11, 23)].by_decision == Counter(fractured=1, abstained=1)
    assert found[date(2026, 11, 23)].by_code == Counter(truncated=1)
    assert found[date(2026, 11, 23)].unanswered == 1


def test_scans_are_counted_by_the_names_of_their_device(filled):
    found = ended(filled, MIDNIGHTS).by_device

    assert [(name, one.scans) for name, one in found] == [("", 2), ("Maker Room 7", 2)]
    assert ended(filled, MIDNIGHTS[:2]).by_device == []


def test_scans_are_counted_by_the_way_in_which_they_ended(filled):
    """Break it: leave a scan that was answered again among them."""
    found = ended(filled, [*MIDNIGHTS, MIDNIGHTS[-1] + timedelta(days=1)]).counts

    assert found == counts(filled, only_current=True)
    assert found == (
        Count("classified", None, "abstained", 1),
        Count("classified", None, "fractured", 3),
        Count("failed", "truncated", None, 1),
    )


def test_latency_is_that_of_the_latest_scans(filled):
    found = latency(filled)

    assert found.scans == 6
    assert found.p50_s == pytest.approx(0.25)
    assert found.p99_s == pytest.approx((MIDNIGHTS[3] - NOON).total_seconds())


def test_without_a_scan_there_is_no_latency(engine):
    found = latency(engine)

    assert (found.scans, math.isnan(found.p50_s)) == (0, True)


@pytest.mark.parametrize("days", [1, 14, 365])
def test_the_last_days_end_with_today_in_the_zone_of_the_machine(days):
    now = datetime.now(UTC)
    found = last_midnights(days, now)

    assert len(found) == days + 1
    assert found[-2] <= now < found[-1]
    assert all(one.astimezone().time().isoformat() == "00:00:00" for one in found)
    assert all(
        timedelta(hours=22) < after - before < timedelta(hours=26) for before, after in pairwise(found)
    )
