import pytest

pytest.importorskip("highdicom", reason="highdicom is not installed")

from model.dicom_results.source_image import source_image
from model.dicom_results.study_answer import StudyAnswer
from model.dicom_results.study_report import make_study_report, sentences_of
from tests.support.dicom_results import (
    JAPAN,
    errors_of,
    excerpted,
    identity,
    needs_dciodvfy,
    parsed,
    scan_answer,
    scan_bytes,
)

CR, DX = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.1.1"


@pytest.fixture
def study(tmp_path):
    """Make the answer to a study of scans that were answered so: a CR, and then DX."""

    def make(*decisions, answer=None, counts=None, **changed):
        answered = []
        for number, decision in enumerate(decisions, start=1):
            data = scan_bytes(
                SOPInstanceUID=f"1.2.3.{number}", SOPClassUID=CR if number == 1 else DX, StudyTime="101112"
            )
            found = excerpted(tmp_path, data, is_drawn=False)
            known = identity(sha256=f"{number:064}")
            answered.append(
                (scan_answer(decision, identity=known), source_image(found.header, found.excerpt, "a" * 64))
            )
        whole = {
            "identity": identity(sha256="ef" * 32),
            "answered": tuple(answered),
            "answer": answer or decisions[0],
            "counts": counts or {one: decisions.count(one) for one in decisions},
            "waiting": (),
            "incomplete": (),
            "number": 1,
        }
        return StudyAnswer(**(whole | changed))

    return make


def codes_of(made, meaning):
    """Give the codes of a concept, in the order of the groups."""
    return [
        item.ConceptCodeSequence[0].CodeMeaning
        for item in parsed(made).ContentSequence[-1].ContentSequence
        for item in item.ContentSequence
        if item.ValueType == "CODE" and item.ConceptNameCodeSequence[0].CodeMeaning == meaning
    ]


@needs_dciodvfy
def test_no_error_is_found_in_it(study, tmp_path):
    made = make_study_report(study("fractured", "uncertain", "abstained", waiting=("1.2.9",)), JAPAN)
    assert errors_of(tmp_path, made) == []


def test_made_again_it_is_the_same(study):
    one = study("fractured", "not_fractured")
    assert make_study_report(one, JAPAN) == make_study_report(one, JAPAN)


def test_each_image_is_referenced_with_its_own_class(study):
    """Break it: give all the class of the first."""
    made = make_study_report(study("fractured", "not_fractured", "abstained"), JAPAN)
    referenced = {
        (str(item.ReferencedSOPInstanceUID), str(item.ReferencedSOPClassUID))
        for item in all_items(parsed(made))
        if "ReferencedSOPInstanceUID" in item
    }
    assert referenced == {("1.2.3.1", CR), ("1.2.3.2", DX), ("1.2.3.3", DX)}


def all_items(dataset):
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield item
                yield from all_items(item)


def test_the_study_comes_first_and_then_each_scan(study):
    made = make_study_report(study("fractured", "not_fractured"), JAPAN)
    assert codes_of(made, "Fracture of bone") == ["Present", "Present", "Absent"]
    assert codes_of(made, "Finding") == ["Fracture of bone", "Fracture of bone"]
    assert (made.kind, parsed(made).SeriesNumber) == ("study", 9704)


@pytest.mark.parametrize(
    ("lacking", "presence"),
    [({}, "Absent"), ({"waiting": ("1.2.9",)}, "Undetermined"), ({"incomplete": ("x",)}, "Undetermined")],
)
def test_what_is_not_complete_is_not_without_a_fracture(study, lacking, presence):
    """Break it: go by the decision alone."""
    made = make_study_report(study("not_fractured", **lacking), JAPAN)
    assert codes_of(made, "Fracture of bone")[0] == presence


def test_a_failed_scan_decides_and_is_named(study):
    one = study(
        "not_fractured",
        answer="failed",
        counts={"failed": 1, "not_fractured": 1},
        incomplete=("1.2.9: failed (truncated)",),
    )
    assert codes_of(make_study_report(one, JAPAN), "Decision of the model")[0].startswith("Failed")
    assert "Incomplete: 1.2.9: failed (truncated)." in sentences_of(one)


def test_a_correction_points_to_the_report_before(study):
    before = identity(sha256="01" * 32)
    first = make_study_report(study("fractured", identity=before), JAPAN)
    second = make_study_report(study("fractured", "uncertain", superseded=before, number=2), JAPAN)
    (document,) = (
        one
        for item in parsed(second).PredecessorDocumentsSequence
        for series in item.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    )
    assert document.ReferencedSOPInstanceUID == first.sop_instance_uid
    assert parsed(first).SeriesInstanceUID == parsed(second).SeriesInstanceUID


def test_what_is_many_is_counted(study):
    one = study(
        "fractured",
        counts={"fractured": 1, "uncertain": 30},
        waiting=tuple(f"1.2.{number}" for number in range(25)),
    )
    words = sentences_of(one)
    assert "1.2.19; and 5 more" in words
    assert "Of those, 1 follow each by itself; 30 are only counted." in words
    assert "Scans: 31 (1 fractured, 30 uncertain)." in words
