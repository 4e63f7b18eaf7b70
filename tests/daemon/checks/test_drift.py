"""Drift on a real database: what moved is named, and nothing is on few scans."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from structlog.testing import capture_logs

from daemon.checks.drift import LEAST_SCANS, compare, log_drift
from model.drift.appearance import PICTURE_MEASURES
from model.drift.reference import make_reference
from storage.ledger import Ledger
from tests.support.at_head import open_at_head
from tests.support.records import NOON, RUN, classified, digest, failed
from tests.support.stub import model_record, stub_release

BOUND = 0.2
LATE = NOON + timedelta(days=1)
HERE = "a1b2c3d4e5f6"
THERE = "0f0f0f0f0f0f"


def picture(random, brightness=0.4):
    return dict.fromkeys(PICTURE_MEASURES, 0.3) | {"brightness": random.normal(brightness, 0.05)}


def reference(scans=400):
    random = np.random.default_rng(7)
    labels = ["fractured", "not_fractured"] * (scans // 2)
    decisions = ["fractured" if label == "fractured" else "not_fractured" for label in labels]
    return make_reference(labels, decisions, random.uniform(size=scans), [picture(random) for _ in labels])


@pytest.fixture
def release():
    return replace(stub_release(), reference=reference())


@pytest.fixture
def recorded(tmp_path, release):
    """Give a function that records scans, and the engine."""
    engine = open_at_head(tmp_path / "results.db")
    ledger = Ledger(engine)
    ledger.register_model(model_record(release))
    run_id = ledger.begin_run(RUN)
    numbers = iter(range(1, 100_000))
    random = np.random.default_rng(3)

    def record(scans, *, at=LATE, brightness=0.4, device=HERE, **changed):
        def one():
            number = next(numbers)
            fields = {
                "finished_at": at,
                "model_sha256": release.sha256,
                "modality": "DX",
                "device": device,
                "sha256": digest(number),
                "score": random.uniform(),
                "decision": ("fractured", "not_fractured")[number % 2],
                "picture": picture(random, brightness),
            }
            return classified(number, predictions=(), **(fields | changed))

        ledger.record([one() for _ in range(scans)], run_id)

    yield record, engine
    engine.dispose()


def moved(found):
    return {(one.device, one.measure) for one in found if one.state == "moved"}


def test_scans_like_those_of_the_release_have_not_moved(recorded, release):
    record, engine = recorded
    record(300)
    found = compare(engine, release, LATE, bound=BOUND)
    assert moved(found) == set()
    assert {one.measure for one in found} == {"positive", "abstained", "score", *PICTURE_MEASURES}
    assert {(one.modality, one.device) for one in found} == {("all", "all"), ("DX", HERE)}


def test_what_moved_is_named_with_its_device_and_only_that(recorded, release):
    record, engine = recorded
    record(300)
    record(100, device=THERE, brightness=0.6)
    found = compare(engine, release, LATE, bound=BOUND)
    assert (THERE, "brightness") in moved(found)
    assert {device for device, _ in moved(found)} <= {THERE, "all"}
    assert {measure for _, measure in moved(found)} == {"brightness"}


@pytest.mark.parametrize("decision", ["fractured", "abstained"])
def test_a_rate_that_moved_is_named(recorded, release, decision):
    record, engine = recorded
    record(200, decision=decision)
    measure = {"fractured": "positive", "abstained": "abstained"}[decision]
    assert (HERE, measure) in moved(compare(engine, release, LATE, bound=BOUND))


def test_few_scans_say_nothing(recorded, release):
    record, engine = recorded
    record(LEAST_SCANS - 1, brightness=0.9, decision="abstained")
    found = compare(engine, release, LATE, bound=BOUND)
    assert {one.state for one in found} == {"too_few"}
    assert {one.index for one in found} == {None}


def test_a_prevalence_is_not_taken_for_a_drift(recorded, release):
    record, engine = recorded
    record(95, decision="not_fractured")
    record(5, decision="fractured")
    assert (HERE, "positive") in moved(compare(engine, release, LATE, bound=BOUND))
    assert (HERE, "positive") not in moved(compare(engine, release, LATE, bound=BOUND, prevalence=0.05))


def test_canaries_copies_failures_other_models_and_earlier_scans_do_not_count(recorded, release):
    record, engine = recorded
    record(60)
    record(60, brightness=0.9, is_canary=True)
    record(60, brightness=0.9, duplicate_of=classified(1).scan_id)
    record(60, brightness=0.9, at=NOON)
    other = stub_release("e" * 64)
    ledger = Ledger(engine)
    ledger.register_model(model_record(other))
    record(60, brightness=0.9, model_sha256=other.sha256)
    ledger.record([failed(200_000)], 1)
    found = compare(engine, release, LATE, bound=BOUND)
    assert {one.scans for one in found} == {60}
    assert moved(found) == set()


def test_a_header_that_names_no_modality_makes_no_group_of_its_own(recorded, release):
    record, engine = recorded
    record(60, modality="Doe^Jane", device=None)
    found = compare(engine, release, LATE, bound=BOUND)
    assert {(one.modality, one.device) for one in found} == {("all", "all"), ("none", "none")}


def test_the_log_and_the_metrics_get_what_moved(recorded, release):
    record, engine = recorded
    record(100, brightness=0.6)
    with capture_logs() as logs:
        shown = log_drift(compare(engine, release, LATE, bound=BOUND))
    assert shown["groups"] == 2
    assert shown["moved"] == 2
    assert shown["index"]["brightness"] > BOUND
    assert [(line["event"], line["log_level"], line["measure"]) for line in logs] == [
        ("drift_detected", "warning", "brightness")
    ] * 2
