from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse_text

from daemon.jobs.history import History
from daemon.monitoring.health import Pulse
from daemon.monitoring.metrics import Metrics

STATUS = {
    "version": "0.1.0",
    "model": "model@1",
    "engine": "litert",
    "state": "running",
    "pauses": {"disk": {"since": "...", "cause": "ENOSPC"}},
    "waiting": 7,
    "oldest_waiting_s": 12.5,
    "in_progress": 3,
    "returned": 2,
    "recorded_again": 30,
    "evicted": 5,
    "previews_failed": 4,
    "set_aside": ["an id"],
    "cluster": {
        "answered": {"ward-1": 40},
        "workers": [
            {"name": "ward-1", "files": 3, "threads": 4, "refused": None},
            {"name": "ward-1", "files": 1, "threads": 2, "refused": None},
            {"name": "ward-2", "files": 0, "threads": 8, "refused": "it runs numpy 0.1"},
        ],
    },
}


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "history.json")


@pytest.fixture
def metrics(tmp_path, history):
    return Metrics(tmp_path, Pulse(), lambda: STATUS, history)


def samples(metrics):
    body, _ = metrics.text("text/plain")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in parse_text(body.decode())
        for sample in family.samples
    }


def test_what_is_true_now_is_told(metrics):
    reported = samples(metrics)
    assert reported["inboxray_files_waiting",] == 7
    assert reported["inboxray_oldest_waiting_seconds",] == 12.5
    assert reported["inboxray_scans_in_progress",] == 3
    assert reported["inboxray_files_returned_total",] == 2
    assert reported["inboxray_rows_recorded_again_total",] == 30
    assert reported["inboxray_files_evicted_total",] == 5
    assert reported["inboxray_previews_failed_total",] == 4
    assert reported["inboxray_claims_set_aside",] == 1
    assert reported["inboxray_worker_files_total", "ward-1"] == 40
    assert reported["inboxray_worker_files_under_way", "ward-1"] == 4
    assert reported["inboxray_worker_threads", "ward-1"] == 6
    assert reported["inboxray_worker_threads", "ward-2"] == 0
    assert reported["inboxray_intake_paused", "disk"] == 1
    assert reported["inboxray_intake_paused", "database"] == 0
    assert reported["inboxray_info", "0.1.0", "litert", "model@1"] == 1
    assert 0 < reported["inboxray_spool_free_bytes",] <= reported["inboxray_spool_size_bytes",]
    assert reported["process_open_fds",] > 0


def test_calendar_jobs_are_told_by_name(metrics, history):
    now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    history.ended("export", "done", {"rows": 1}, now)
    history.ended("export", "failed", {"code": "ENOSPC"}, now)
    reported = samples(metrics)
    assert reported["inboxray_job_last_run_failed", "export"] == 1
    assert reported["inboxray_job_last_success_timestamp_seconds", "export"] == now.timestamp()


def test_what_the_last_comparison_found_is_told(metrics, history):
    result = {"groups": 3, "moved": 2, "index": {"brightness": 0.5, "score": 0.01}}
    history.ended("drift", "done", result, datetime(2026, 11, 23, 5, 45, tzinfo=UTC))
    reported = samples(metrics)
    assert reported["inboxray_drift_measures_moved",] == 2
    assert reported["inboxray_drift_index", "brightness"] == 0.5


def test_what_the_nightly_comparison_found_is_measured_by_finding(metrics, history):
    assert not [name for name, *_ in samples(metrics) if name == "inboxray_check_findings"]
    by = {"orphan_file": 3, "missing_file": 0}
    history.ended("check", "done", {"differences": 3, "by": by}, datetime.now(UTC))
    reported = samples(metrics)
    assert reported["inboxray_check_findings", "orphan_file"] == 3
    assert reported["inboxray_check_findings", "missing_file"] == 0
    assert reported["inboxray_job_last_run_failed", "check"] == 0
    assert reported["inboxray_job_last_success_timestamp_seconds", "check"] > 0
    history.ended("check", "failed", {"code": "database_unavailable"}, datetime.now(UTC))
    assert samples(metrics)["inboxray_job_last_run_failed", "check"] == 1
