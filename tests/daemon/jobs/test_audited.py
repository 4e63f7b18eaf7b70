from structlog.testing import capture_logs

from daemon.jobs.audited import audited
from daemon.spool.audit import acts
from daemon.spool.folders import Spool


def test_a_job_that_did_something_leaves_its_counts(tmp_path):
    spool = Spool(tmp_path)
    run = audited(spool, "retention", lambda: {"files": 3, "bytes": 99, "kept_without_row": 0, "rests": "x"})

    assert run()["files"] == 3
    (act,) = acts(spool)
    assert (act.command, act.outcome, act.facts) == ("job retention", "done", {"files": 3, "bytes": 99})


def test_a_job_that_had_nothing_to_do_leaves_none(tmp_path):
    for result in ({}, {"files": 0, "bytes": 0, "kept_without_row": 4}, {"free_percent": 3.5}):
        audited(Spool(tmp_path), "room", lambda result=result: result)()

    assert list(acts(Spool(tmp_path))) == []


def test_a_disk_that_takes_no_line_does_not_stop_the_job(tmp_path):
    with capture_logs() as logs:
        assert audited(Spool(tmp_path / "none"), "room", lambda: {"files": 1})() == {"files": 1}

    assert [(one["event"], one["error"]) for one in logs] == [("audit_write_failed", "ENOENT")]
