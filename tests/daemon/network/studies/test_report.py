from dataclasses import replace

from daemon.network.studies.report import StudyReport
from daemon.network.studies.reported import Reported
from storage.study import study_of
from tests.support.study_rows import row


def test_the_state_is_another_one_where_an_answer_differs_and_else_the_same():
    """Break it: put times or ids of rows into it. A copy makes a correction."""
    rows = [row(1, "fractured", 0.9), row(2, "failed")]
    state = StudyReport(study_of("1.2", rows)).state
    assert StudyReport(study_of("1.2", [*rows[::-1], row(3, "fractured", 0.9, sha256="1")])).state == state
    others = (
        [row(1, "fractured", 0.8), row(2, "failed")],
        [row(1, "fractured", 0.9), row(2, "failed", error_code="deadline")],
        [row(1, "fractured", 0.9, model="one@2"), row(2, "failed")],
        rows[:1],
    )
    states = {StudyReport(study_of("1.2", some)).state for some in others}
    states.add(StudyReport(study_of("1.2", rows), ("1.2.9",)).state)
    assert len(states | {state}) == 6


def test_a_repetition_has_the_same_id_and_a_correction_another():
    study = study_of("1.2", [row(1)])
    first = StudyReport(study)
    assert (first.number, first.id) == (1, StudyReport(study).id)
    before = Reported(1, first.id, first.state)
    second = StudyReport(study, before=before)
    assert (second.number, second.id != first.id) == (2, True)
    assert StudyReport(study, before=replace(before, number=7)).number == 8
