from dataclasses import replace

from model.dicom_results.study_answer import StudyAnswer
from tests.support.dicom_results import identity, scan_answer


def study(**changed):
    whole = {
        "identity": identity(sha256="12" * 32),
        "answered": ((scan_answer(), None), (scan_answer("abstained"), None)),
        "answer": "fractured",
        "counts": {"fractured": 1, "abstained": 1},
        "waiting": (),
        "incomplete": (),
        "number": 2,
    }
    return StudyAnswer(**(whole | changed))


def test_it_is_complete_if_nothing_failed_or_waits():
    assert study().is_complete
    assert not study(waiting=("1.2",)).is_complete
    assert not study(incomplete=("a scan",)).is_complete


def test_for_what_objects_have_alike_it_is_its_first_scan_under_its_own_name():
    before = identity(sha256="34" * 32)
    made = study(superseded=before).as_scan_answer()
    assert made.identity == identity(sha256="12" * 32)
    assert (made.decision, made.number, made.superseded) == ("fractured", 2, before)
    assert made.identity.uid("study") != replace(made, identity=before).identity.uid("study")
