from dataclasses import replace

from structlog.testing import capture_logs

from daemon.pipeline.scan_log import log_scans
from tests.support.records import classified, failed, scan_id


def test_each_scan_has_a_line_that_names_nobody():
    """Fault 49; in a real batch: `test_commit`."""
    rows = [classified(1, is_canary=True), replace(failed(2), durations={"read": 0.123456})]
    with capture_logs() as logs:
        log_scans(rows, {"record": 0.000049})

    assert [(line["event"], line["scan_id"]) for line in logs] == [
        ("canary_recorded", scan_id(1)),
        ("scan_recorded", scan_id(2)),
    ]
    assert {next(iter(line)) for line in logs} == {"decision"}
    assert (logs[1]["scan_s"], logs[1]["batch_s"]) == ({"read": 0.1235}, {"record": 0.0})
    assert "patient-1" not in str(logs)
    assert "ward" not in str(logs)
