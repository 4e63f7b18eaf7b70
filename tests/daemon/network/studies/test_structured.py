import pytest

from daemon.errors import ConfigurationError, DaemonError
from daemon.network.studies.report import Put, StudyReport
from daemon.network.studies.structured import StudyReports
from model.dicom_results.scan_answer import AnswerIdentity
from storage.study import study_of
from tests.support.records import NOON
from tests.support.result_objects import made_object
from tests.support.study_rows import row

REPORT = StudyReport(study_of("1.2", [row(1)]))


def test_each_archive_gets_the_report_and_it_is_known_by_what():
    made = made_object("scan", kind="study")
    put = StudyReports(["a", "b"], lambda _: (made, AnswerIdentity("s", "m", "p", NOON))).put(REPORT)
    assert put.objects == [("a", made), ("b", made)]
    assert put.report == {
        "sha256": "s",
        "model_sha256": "m",
        "pipeline_version": "p",
        "finished_at": NOON.isoformat(),
    }


def test_one_that_cannot_be_made_holds_nothing_up_and_what_passes_is_tried_again():
    class AwayError(DaemonError):
        retriable = True

    def failing(error):
        def make(_):
            raise error

        return StudyReports(["a"], make)

    assert failing(ValueError("Doe^Jane")).put(REPORT) == Put()
    for error in (AwayError("away"), ConfigurationError("no extra")):
        with pytest.raises(type(error)):
            failing(error).put(REPORT)
