"""What a batch knows of the rows that came after its question: pure values."""

from storage.known import Known, Question
from tests.support.records import classified, digest, failed, scan_id


def test_a_question_about_nothing_is_none():
    assert not Question()
    assert Question(stored_paths=frozenset({"done/a"}))


def test_questions_and_answers_of_several_scans_are_put_together():
    asked = [
        Question(frozenset({"1"}), frozenset({"a"})),
        Question(frozenset({"2"}), stored_paths=frozenset("x")),
    ]
    assert Question.union(asked) == Question(frozenset({"1", "2"}), frozenset({"a"}), frozenset("x"))
    assert not Question.union([])
    answers = [Known().after([row]) for row in (classified(1, sha256=digest(1)), failed(2))]
    assert Known.union(answers) == Known().after([classified(1, sha256=digest(1)), failed(2)])


def test_rows_that_came_later_are_known_too():
    rows = [
        failed(1, sha256=digest(1)),
        classified(2, sha256=digest(1), sop_instance_uid="1.2", stored_path="done/2"),
        classified(3, sha256=digest(1)),
        classified(4, sha256=digest(4), sop_instance_uid="1.2"),
        failed(5, sha256=digest(5), sop_instance_uid="1.2"),
    ]
    known = Known().after(rows)
    assert {sha256: earlier.scan_id for sha256, earlier in known.earlier.items()} == {
        digest(1): scan_id(2),
        digest(4): scan_id(4),
    }
    assert known.contents["1.2"] == {digest(1), digest(4)}
    assert "done/2" in known.stored_paths


def test_what_the_database_said_first_stays_first():
    known = Known().after([classified(1, sha256=digest(1))])
    assert known.after([classified(2, sha256=digest(1))]).earlier == known.earlier


def test_rows_may_be_told_twice():
    known = Known().after([classified(1), failed(2)])
    assert known.after([classified(1), failed(2)]) == known


def test_a_canary_is_no_original_and_its_file_lies_nowhere():
    known = Known().after([classified(1, is_canary=True, stored_path="")])
    assert (known.earlier, known.stored_paths) == ({}, frozenset())


def test_an_instance_has_other_bytes_only_if_both_are_known():
    known = Known().after([classified(1, sop_instance_uid="1.2", sha256=digest(1))])
    asked = [("1.2", digest(1)), ("1.2", digest(2)), ("1.3", digest(2)), (None, digest(2)), ("1.2", None)]
    assert [known.has_other_bytes(*one) for one in asked] == [False, True, False, False, False]
    assert known.has_other_bytes("1.2\0", digest(2))  # which is recorded as 1.2
