import os
import sys
from dataclasses import replace
from datetime import UTC

import pytest

from daemon.errors import BadDataError, ConfigurationError, MissingFileError
from daemon.network.answered import as_noted
from daemon.network.objects import NoObjectsError, ObjectMaker, open_maker, require_highdicom
from daemon.network.studies.report import StudyReport
from daemon.network.studies.reported import Reported
from daemon.settings.fields import Settings
from storage.engine import open_engine
from storage.errors import NoSuchScan
from storage.study import StudyScan, study_of
from tests.support.dicom_results import JAPAN, answered, parsed, scan_bytes
from tests.support.pictures import drop, png_bytes
from tests.support.recorded import fill
from tests.support.records import MODEL, failed, scan_id

pytest.importorskip("highdicom", reason="highdicom is not installed")

DATA = scan_bytes()


@pytest.fixture
def maker(tmp_path, children):
    """Make an `ObjectMaker` of rows, each with its file."""
    opened = []

    def make(*rows, data=DATA, zone=JAPAN, **options):
        spool = fill(tmp_path / "spool", list(rows))
        for row in rows:
            drop(spool / row.stored_path, data)
        settings = Settings(spool=spool, dicom_results=("sr",), **options)
        engine = open_engine(settings.database(), readonly=True)
        opened.append(engine)
        return ObjectMaker(settings, engine, children, zone)

    yield make
    for engine in opened:
        engine.dispose()


def report_of(*rows, **more):
    """The state of a study, as the tracker has it of these rows."""
    scans = [row(record) for record in rows]
    return StudyReport(study_of(scans[0].study_instance_uid, scans), **more)


def row(record):
    known = {name: getattr(record, name, None) for name in StudyScan.__dataclass_fields__}
    return StudyScan(**known | {"seq": int(record.scan_id[-12:], 16), "model": "inboxray-test@1.0.0"})


def test_a_study_has_one_report_of_what_can_be_read(maker, tmp_path):
    """A scan whose file has left is counted; one that failed is named."""
    rows = [answered(1, study_instance_uid="1.2"), answered(2, study_instance_uid="1.2", sha256="0" * 64)]
    rows.append(failed(3, study_instance_uid="1.2"))
    one = maker(*rows)
    (tmp_path / "spool" / rows[1].stored_path).unlink()
    made, identity = one.study_report(report_of(*rows))
    assert one.study_report(report_of(*rows)) == (made, identity)
    assert made.kind == "study"
    (text, *_) = [e.value for e in parsed(made).iterall() if e.keyword == "TextValue" and "study:" in e.value]
    assert "Incomplete" in text
    before = Reported(1, "id", "state", report=as_noted(identity))
    corrected, _ = one.study_report(report_of(*rows[:2], before=before))
    document = parsed(corrected).PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
    assert document.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == made.sop_instance_uid
    with pytest.raises(NoObjectsError, match="no scan of the study"):
        one.study_report(report_of(rows[2]))


def test_what_the_settings_name_is_made_or_what_is_asked_for(maker):
    one = maker(answered(1))
    assert [made.kind for made in one.of(scan_id(1))] == ["sr"]
    assert [made.kind for made in one.of(scan_id(1), ("gsps", "sr", "sc"))] == ["sr", "sc", "gsps"]
    assert one.of(scan_id(1), ()) == []


def test_made_again_it_is_the_same(maker):
    first = maker(answered(1)).of(scan_id(1), ("sr", "sc", "gsps"))
    assert maker(answered(1)).of(scan_id(1), ("sr", "sc", "gsps")) == first


def test_a_copy_with_the_same_answer_has_the_objects_of_the_first(maker):
    """Break it: make them of each row. An archive has two reports of one image."""
    one = maker(answered(1), answered(2, duplicate_of=scan_id(1)))
    assert one.of(scan_id(2)) == one.of(scan_id(1))


def test_a_copy_with_another_answer_corrects_the_first(maker):
    one = maker(answered(1), answered(2, duplicate_of=scan_id(1), probability=0.7, prevalence=0.3))
    assert predecessors(one, 1) == []
    assert predecessors(one, 2) == [one.of(scan_id(1))[0].sop_instance_uid]


def test_a_requeued_scan_has_new_objects_that_point_to_those_before(maker):
    """Break it: leave the time of the answer out of its identity."""
    rows = (answered(1), answered(2, requeued_from=scan_id(1)), answered(3, requeued_from=scan_id(2)))
    one = maker(*rows)
    uids = [one.of(scan_id(number))[0].sop_instance_uid for number in (1, 2, 3)]
    assert len(set(uids)) == 3
    assert [predecessors(one, number) for number in (1, 2, 3)] == [[], [uids[0]], [uids[1]]]


def test_what_was_requeued_without_an_answer_is_passed_over(maker):
    between = replace(failed(2), requeued_from=scan_id(1))
    one = maker(answered(1), between, answered(3, requeued_from=scan_id(2)))
    assert predecessors(one, 3) == [one.of(scan_id(1))[0].sop_instance_uid]


def test_rows_that_are_gone_cost_the_pointer_alone(maker):
    one = maker(answered(1, requeued_from=scan_id(8)), answered(2, duplicate_of=scan_id(9)))
    assert predecessors(one, 1) == predecessors(one, 2) == []


def predecessors(one, number):
    (report,) = one.of(scan_id(number))
    return [
        document.ReferencedSOPInstanceUID
        for study in parsed(report).get("PredecessorDocumentsSequence", ())
        for series in study.ReferencedSeriesSequence
        for document in series.ReferencedSOPSequence
    ]


def test_a_scan_without_an_answer_has_none_for_good(maker):
    one = maker(failed(1), answered(2, is_canary=True))
    for number, words in ((1, r"it was failed \(truncated\)"), (2, "is a canary")):
        with pytest.raises(NoObjectsError, match=words):
            one.of(scan_id(number))
    with pytest.raises(NoSuchScan):
        one.of(scan_id(3))


def test_a_picture_file_has_none_for_it_names_nobody(maker):
    data = png_bytes(1)
    with pytest.raises(NoObjectsError, match="names no patient and no study"):
        maker(answered(1, data), data=data).of(scan_id(1))


def test_a_file_that_is_another_one_or_gone_is_told(maker, tmp_path):
    one = maker(answered(1))
    path = tmp_path / "spool" / answered(1).stored_path
    path.write_bytes(scan_bytes(PatientID="another"))
    with pytest.raises(BadDataError, match="has changed since"):
        one.of(scan_id(1))
    path.unlink()
    with pytest.raises(MissingFileError, match="not where its row says"):
        one.of(scan_id(1))


@pytest.mark.parametrize("rule", ["hash", "drop"])
def test_no_object_names_a_patient_whom_nothing_is_to_name(tmp_path, rule):
    settings = Settings(spool=tmp_path, identifiers=rule, identifiers_key_file=tmp_path / "key")
    with pytest.raises(ConfigurationError, match="files an object by its patient"):
        ObjectMaker(settings, None, None)


def test_the_extra_that_is_missing_is_named_with_its_line(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"need the extra `pacs`: .*-m pip install"):
        require_highdicom()


def test_without_a_zone_that_of_the_system_is_taken(maker, monkeypatch):
    import time

    monkeypatch.setenv("TZ", "America/St_Johns")
    time.tzset()
    try:
        (report,) = maker(answered(1), zone=None).of(scan_id(1))
    finally:
        monkeypatch.undo()
        time.tzset()
    expected = answered(1).finished_at.astimezone(UTC)
    assert (expected.hour, parsed(report).ContentTime[:4]) == (12, "0830")


def test_a_maker_of_its_own_has_children_of_its_own(tmp_path):
    spool = fill(tmp_path / "spool", [answered(1)])
    drop(spool / answered(1).stored_path, DATA)
    settings = Settings(spool=spool, dicom_results="sr,sc", decode_workers=1)
    engine = open_engine(settings.database(), readonly=True)
    with open_maker(settings, engine) as one:
        _, capture = one.of(scan_id(1))
    engine.dispose()
    assert parsed(capture).Rows > 1024


def test_the_daemon_imports_none_of_it():
    import subprocess

    program = (
        "import sys, daemon.cli.program, daemon.service.service\n"
        "print([name for name in sys.modules if name.startswith(('highdicom', 'daemon.network', "
        "'model.dicom_results'))])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert ended.stdout.strip() == "[]"


def test_the_thresholds_are_those_of_the_model_that_answered(maker):
    (report,) = maker(answered(1)).of(scan_id(1))
    texts = [e.value for e in parsed(report).iterall() if e.keyword == "TextValue"]
    assert {"rule_in=0.900000", "rule_out=0.100000", f"sha256={MODEL.sha256}"} <= set(texts)
