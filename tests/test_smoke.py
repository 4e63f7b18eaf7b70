"""Whether inboxray works here, in one test, for `make smoke`: files dropped, and a real daemon's answers."""

import json

from tests.support.daemons import RunningDaemon, inboxray
from tests.support.pictures import dicom_bytes, drop, png_bytes


def test_what_is_dropped_into_a_running_daemon_is_answered(tmp_path):
    with RunningDaemon(tmp_path / "spool", incomplete_wait_s=1) as daemon:
        drop(daemon.inbox / "ward" / "scan.dcm", dicom_bytes(1))
        drop(daemon.inbox / "scan.png", png_bytes(2))
        drop(daemon.inbox / "cut-short.png", png_bytes(3)[:200])
        daemon.wait_for_rows(3, timeout_s=60)

        results = inboxray(daemon.spool, "results", "--format", "json")

    assert results.returncode == 0, results.stderr
    answers = {answer["source_name"]: answer for answer in json.loads(results.stdout)}
    assert answers["ward/scan.dcm"]["outcome"] == answers["scan.png"]["outcome"] == "classified"
    assert answers["scan.png"]["decision"] in {"fractured", "uncertain", "not_fractured", "abstained"}
    assert answers["cut-short.png"]["error_code"] == "truncated"
