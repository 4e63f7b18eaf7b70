from daemon.pipeline.in_flight import IN_TURN
from daemon.pipeline.recent_rows import MOST_BYTES, RecentRows, _size
from storage.ledger import Question
from tests.support.records import classified, digest, failed, prediction


def batches(rows, size=16):
    return [rows[first : first + size] for first in range(0, len(rows), size)]


def test_the_last_row_is_that_of_the_last_batch():
    recent = RecentRows()
    assert recent.last is None
    recent.add([classified(1), classified(2)])
    recent.add([])
    assert recent.last == classified(2)
    recent.add([failed(3)])
    assert recent.last == failed(3)
    assert list(recent) == [classified(1), classified(2), failed(3)]


def test_the_oldest_are_forgotten_where_they_take_too_much():
    rows = [classified(number) for number in range(5000)]
    recent = RecentRows()
    for batch in batches(rows):
        recent.add(batch)
    kept = list(recent)
    assert 750 < len(kept) < 2500
    assert kept == rows[-len(kept) :]
    assert sum(_size([row]) for row in kept) <= MOST_BYTES
    assert recent.has_forgotten
    assert recent.answering(asked(rows[0], rows[-1])) == [rows[-1]]


def test_the_batches_in_turn_are_kept_whatever_they_take():
    recent = RecentRows(most_bytes=1)
    frames = [prediction(frame) for frame in range(1, 501)]
    rows = [classified(number, predictions=tuple(frames)) for number in range(IN_TURN)]
    for row in rows:
        recent.add([row])
    assert list(recent) == rows
    assert not recent.has_forgotten
    recent.add([classified(IN_TURN)])
    assert list(recent) == [*rows[1:], classified(IN_TURN)]
    assert recent.has_forgotten


def asked(*rows):
    return Question(frozenset(row.sha256 for row in rows))


def test_rows_are_found_by_bytes_instance_and_place():
    recent = RecentRows()
    rows = [classified(number) for number in range(1, 6)]
    recent.add(rows)
    question = Question(
        frozenset({digest(2)}), frozenset({rows[2].sop_instance_uid}), frozenset({rows[3].stored_path, "x"})
    )
    assert recent.answering(question) == rows[1:4]
    assert recent.answering(Question()) == []


def test_of_the_same_bytes_the_first_row_comes_first_also_if_the_second_has_the_place():
    recent = RecentRows()
    first, copy = classified(1), classified(2, sha256=digest(1))
    recent.add([first])
    recent.add([copy])
    question = Question(frozenset({digest(1)}), frozenset(), frozenset({copy.stored_path}))
    assert recent.answering(question) == [first, copy]
    assert {digest(1)} == {row.sha256 for row in recent.answering(question)}


def test_copies_are_forgotten_one_by_one():
    recent = RecentRows(most_bytes=1)
    copies = [classified(number, sha256=digest(1)) for number in range(IN_TURN + 2)]
    for copy in copies:
        recent.add([copy])
    assert recent.answering(asked(copies[0])) == copies[2:]


def test_a_row_without_bytes_instance_and_place_is_kept_too():
    recent = RecentRows(most_bytes=1)
    for number in range(IN_TURN + 1):
        recent.add([failed(number, sha256=None, stored_path="")])
    assert len(list(recent)) == IN_TURN
