import pytest

from storage.study import STUDY_COLUMNS, study_of
from tests.support.study_rows import row


def ids(study):
    return [scan.seq for scan in study.scans]


@pytest.mark.parametrize(
    ("answers", "worst"),
    [
        (["not_fractured", "fractured", "uncertain"], "fractured"),
        (["not_fractured", "abstained", "uncertain"], "uncertain"),
        (["not_fractured", "failed", "abstained"], "abstained"),
        (["rejected", "not_fractured", "failed"], "failed"),
        (["rejected", "not_fractured"], "not_fractured"),
        (["rejected"], "rejected"),
    ],
)
def test_the_worst_of_its_scans_decides_in_whatever_order_they_came(answers, worst):
    rows = [row(number, answer) for number, answer in enumerate(answers, start=1)]
    for order in (rows, rows[::-1]):
        assert study_of("1.2", order).deciding.answer == worst


def test_of_the_same_answer_the_more_probable_decides_then_the_later():
    study = study_of(
        "1.2", [row(1, "fractured", 0.8), row(2, "fractured", 0.9), row(3, "fractured", 0.9), row(4)]
    )
    assert ids(study) == [3, 2, 1, 4]


def test_what_failed_or_was_abstained_from_is_named_as_incomplete():
    study = study_of("1.2", [row(1, "failed"), row(2, "abstained"), row(3, "rejected"), row(4, "uncertain")])
    assert [scan.seq for scan in study.incomplete] == [2, 1]
    assert study.counts() == {
        "fractured": 0,
        "uncertain": 1,
        "abstained": 1,
        "failed": 1,
        "not_fractured": 0,
        "rejected": 1,
    }


def test_a_copy_changes_nothing():
    """Break it: take the newest row. Its time, and with it the report's UID, is another one."""
    alone = study_of("1.2", [row(1, "uncertain", 0.4)])
    copied = study_of("1.2", [row(1, "uncertain", 0.4), row(7, "uncertain", 0.4, sha256="1")])
    assert copied.scans == alone.scans
    assert copied.answered_at == alone.answered_at
    assert copied.last_finished_at > alone.last_finished_at


def test_a_copy_that_was_answered_otherwise_counts_and_one_that_failed_does_not():
    answers = [row(1, "fractured", 0.9), row(2, "uncertain", 0.4, sha256="1", model="one@2")]
    assert ids(study_of("1.2", answers)) == [2]
    assert ids(study_of("1.2", [*answers, row(3, "failed", sha256="1")])) == [2]


def test_a_cut_file_that_came_again_whole_leaves_the_study_complete():
    cut = row(1, "failed", sop_instance_uid="1.2.9")
    assert ids(study_of("1.2", [cut, row(2, sop_instance_uid="1.2.9")])) == [2]
    assert ids(study_of("1.2", [cut, row(2, "rejected", sop_instance_uid="1.2.9")])) == [1, 2]
    assert ids(study_of("1.2", [row(1, "failed", sop_instance_uid=None), row(2)])) == [1, 2]


def test_two_images_with_one_sop_instance_uid_both_count():
    """Break it: know images by that UID alone. The worse answer goes."""
    same = {"sop_instance_uid": "1.2.9"}
    assert ids(study_of("1.2", [row(1, "fractured", **same), row(2, **same)])) == [1, 2]


def test_as_a_row_of_a_table():
    study = study_of(
        "1.2", [row(1, "fractured", 0.9, patient_id=None), row(2, "failed", accession_number="A")]
    )
    made = study.as_row()
    assert tuple(made) == STUDY_COLUMNS
    assert (made["patient_id"], made["accession_number"]) == ("P-secret", "A")
    assert (made["decision"], made["probability"], made["scan_id"]) == ("fractured", 0.9, "scan-1")
    assert (made["scans"], made["fractured"], made["failed"], made["incomplete"]) == (2, 1, 1, "scan-2")
    assert study.deciding.device == "Maker Room"
    assert made["first_finished_at"] < made["last_finished_at"]
