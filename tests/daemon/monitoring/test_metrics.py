import dataclasses
from datetime import UTC, datetime

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from daemon.checks.new_devices import Verdict
from daemon.jobs.history import History
from daemon.monitoring.health import Pulse
from daemon.monitoring.metrics import Metrics
from daemon.spool.warnings import WARNINGS
from storage.vocabulary import DECISIONS, FAILED_CODES, OUTCOMES, REJECTED_CODES
from tests.support.records import classified, failed

BATCH_S = {"classify": 0.2, "record": 0.01, "dispose": 0.02}


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "history.json")


@pytest.fixture
def metrics(tmp_path, history):
    return Metrics(tmp_path, Pulse(), dict, history)


def samples(metrics):
    body, _ = metrics.text("text/plain")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in parse_text(body.decode())
        for sample in family.samples
    }


def test_a_batch_is_counted_by_outcome_decision_stage_and_probability(metrics):
    durations = {"read": 0.01, "hash": 0.001, "decode": 0.5, "word of a child": 1}
    rows = [
        dataclasses.replace(classified(1), durations={}),
        dataclasses.replace(classified(2), durations=durations),
        dataclasses.replace(failed(3, "truncated"), durations={}),
    ]
    metrics.batch(rows, BATCH_S)
    metrics.database_retry()
    reported = samples(metrics)
    assert reported["inboxray_scans_total", "", "classified"] == 2
    assert reported["inboxray_scans_total", "failed", "truncated"] == 1
    assert reported["inboxray_decisions_total", "fractured"] == 2
    assert reported["inboxray_batch_scans_sum",] == 3
    assert reported["inboxray_stage_duration_seconds_count", "classify"] == 1
    assert reported["inboxray_stage_duration_seconds_sum", "decode"] >= 0.5
    assert reported["inboxray_stage_duration_seconds_count", "read"] == 1
    assert not [key for key in reported if "word of a child" in key]
    assert reported["inboxray_probability_bucket", "0.65"] == 2
    assert reported["inboxray_probability_bucket", "0.6"] == 0
    assert reported["inboxray_database_retries_total",] == 1
    assert reported["inboxray_last_row_timestamp_seconds",] == pytest.approx(
        datetime.now(UTC).timestamp(), abs=60
    )


def test_nothing_of_a_patient_is_in_it_and_labels_are_bounded(metrics):
    """Fault 49: every label's value is a word of ours."""
    canary = "CANARY"
    reported = dict.fromkeys(("patient_id", "accession_number", "source_name", "stored_path"), canary)
    metrics.batch([dataclasses.replace(classified(1), **reported), failed(2)], BATCH_S)
    body, _ = metrics.text("text/plain")
    assert canary not in body.decode()
    words = {*OUTCOMES, *DECISIONS, *REJECTED_CODES, *FAILED_CODES, *WARNINGS, *Verdict, "other", ""}
    for family in parse_text(body.decode()):
        for sample in family.samples:
            for label in ("outcome", "code", "decision", "verdict"):
                assert sample.labels.get(label, "") in words


def test_warnings_are_counted_by_code(metrics):
    seen = ("colour_label_contradicts", "a word of a child")
    metrics.batch([dataclasses.replace(classified(1), warnings=seen)], BATCH_S)
    reported = samples(metrics)

    assert reported["inboxray_warnings_total", "colour_label_contradicts"] == 1
    assert reported["inboxray_warnings_total", "other"] == 1


def test_a_scraper_of_openmetrics_is_understood(metrics):
    metrics.batch([classified(1)], BATCH_S)
    body, content_type = metrics.text("application/openmetrics-text; version=1.0.0")
    assert content_type.startswith("application/openmetrics-text")
    assert len(list(parse_openmetrics(body.decode()))) > 10


def test_a_canary_is_counted_by_itself_with_its_latency(metrics):
    metrics.canary(classified(1, is_canary=True), 0.75)
    metrics.canary(failed(2, "out_of_memory"), None)
    reported = samples(metrics)
    assert reported["inboxray_canaries_total", "", "classified"] == 1
    assert reported["inboxray_canaries_total", "failed", "out_of_memory"] == 1
    assert reported["inboxray_canary_latency_seconds",] == 0.75
    assert reported["inboxray_canary_last_success_timestamp_seconds",] > 0
    assert reported["inboxray_batch_scans_sum",] == 0
    assert ("inboxray_scans_total", "", "classified") not in reported


def test_new_devices_are_counted_by_verdict_from_zero(metrics):
    metrics.new_device(Verdict.FAILING)
    reported = samples(metrics)
    assert reported["inboxray_new_devices_total", "failing"] == 1
    assert reported["inboxray_new_devices_total", "sound"] == 0
