import pytest

from daemon.inbox.due_times import Agenda, DueTimes


@pytest.fixture
def due():
    return DueTimes()


def test_files_come_when_their_time_has_come_the_longest_due_first(due):
    due.set(b"late", 9.0)
    due.set(b"b", 2.0)
    due.set(b"a", 1.0)

    assert due.next() == 1.0
    assert list(due.take(2.0)) == [b"a", b"b"]
    assert list(due.take(2.0)) == []
    assert due.next() == 9.0


def test_a_new_time_takes_the_place_of_the_one_before(due):
    for until in (1.0, 5.0, 3.0, 3.0):
        due.set(b"a", until)

    assert list(due.take(2.0)) == []
    assert list(due.take(9.0)) == [b"a"]
    assert due.next() is None


def test_a_file_that_is_forgotten_waits_for_nothing(due):
    due.set(b"a", 1.0)
    due.forget(b"a")
    due.forget(b"never met")

    assert list(due.take(9.0)) == []


def test_a_file_may_wait_again_while_it_is_taken(due):
    due.set(b"a", 1.0)
    taken = []
    for source in due.take(5.0):
        taken.append(source)
        if len(taken) < 3:
            due.set(source, float(len(taken)))

    assert taken == [b"a"] * 3


def test_files_that_changed_come_last_and_only_as_many_as_may():
    may = iter([True, True, False, False])
    agenda = Agenda(lambda: next(may, True))
    for name in (b"c", b"d", b"e"):
        agenda.set(name, 1.0, is_changing=True)
    agenda.set(b"a", 2.0)
    assert list(agenda.take(2.0)) == [b"a", b"c", b"d"]
    assert agenda.next() is None  # what is left waits for an examination to end, not for the clock
    assert agenda.next() == 1.0
    agenda.forget(b"e")
    assert list(agenda.take(2.0)) == []
