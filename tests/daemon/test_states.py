"""The table of states, and the one method that goes by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.states import (
    BEGINNINGS,
    ENDS,
    INBOX_STATES,
    PIPELINE_STATES,
    TRANSITIONS,
    Files,
    IllegalTransitionError,
    State,
)

HELD = (*INBOX_STATES, *PIPELINE_STATES)


def test_each_state_is_that_of_one_stage_or_an_end():
    assert set(TRANSITIONS) == set(State)
    assert {state for state, following in TRANSITIONS.items() if not following} == set(ENDS)
    assert sorted([*HELD, *ENDS], key=list(State).index) == list(State)


def test_each_state_can_be_reached_and_left_for_an_end():
    reached = set(BEGINNINGS)
    for _ in State:
        reached |= {to for state in reached for to in TRANSITIONS[state]}
    assert reached == set(State)
    ended = set(ENDS)
    for _ in State:
        ended |= {state for state, following in TRANSITIONS.items() if following & ended}
    assert ended == set(State)


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        TRANSITIONS[State.DONE] = frozenset(State)


def files_in(state):
    """Give files of which one, called 1, is in a state."""
    files = Files(HELD)
    way = {state: [state] for state in BEGINNINGS}
    while state not in way:
        for before, steps in list(way.items()):
            for to in TRANSITIONS[before]:
                way.setdefault(to, [*steps, to])
    for step in way[state]:
        files.move(1, step, "record")
    return files


@pytest.mark.parametrize("before", HELD)
def test_a_file_goes_where_the_table_lets_it_and_nowhere_else(before):
    for to in State:
        files = files_in(before)
        if to is before or to in TRANSITIONS[before]:
            files.move(1, to)
            assert files.state(1) is (to if to in HELD else None)
        else:
            with pytest.raises(IllegalTransitionError, match=f"{before.value} cannot become {to.value}"):
                files.move(1, to)
            assert files.state(1) is before


@pytest.mark.parametrize("to", State)
def test_a_new_file_begins_where_the_table_says(to):
    files = Files(HELD)
    if to in BEGINNINGS:
        files.move(1, to, "record")
        assert (files.state(1), files.get(1)) == (to, "record")
    else:
        with pytest.raises(IllegalTransitionError):
            files.move(1, to, "record")
        assert len(files) == 0


def test_a_file_of_which_nothing_is_known_is_none():
    with pytest.raises(IllegalTransitionError, match="nothing is known"):
        Files(HELD).move(1, State.SEEN)


def test_a_file_leaves_a_stage_whose_state_it_has_no_more():
    files = Files(INBOX_STATES)
    files.move(b"a", State.EXAMINING, "a")
    files.move(b"b", State.SEEN, "b")
    files.move(b"a", State.READY)
    files.move(b"a", State.CLAIMED)
    files.move(b"b", State.GONE)
    assert (len(files), files.left) == (0, {State.CLAIMED: 1, State.GONE: 1})
    files.move(b"a", State.SEEN, "another file of that name")
    assert files.get(b"a") == "another file of that name"


def test_those_that_came_first_into_a_state_come_first():
    files = Files(INBOX_STATES)
    for name in "abc":
        files.move(name, State.EXAMINING, name)
    for name in "cab":
        files.move(name, State.READY)
    files.move("c", State.READY)  # it is, and keeps its turn
    assert list(files.of(State.READY)) == ["c", "a", "b"]


def test_what_is_known_of_a_file_changes_without_its_turn():
    files = Files(INBOX_STATES)
    for name in "ab":
        files.move(name, State.SEEN, name)
    files.update("a", "seen again")
    assert list(files.of(State.SEEN).items()) == [("a", "seen again"), ("b", "b")]
    with pytest.raises(KeyError):
        files.update("c", "never met")
    assert "c" not in files


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(State))))
def test_counts_are_those_of_the_states(steps):
    files, states, entered = Files(HELD), {}, 0
    for key, to in steps:
        try:
            files.move(key, to, key)
        except IllegalTransitionError:
            continue
        entered += key not in states
        states[key] = to
        if to in ENDS:
            del states[key]
    assert {state: files.count(state) for state in HELD if files.count(state)} == {
        state: list(states.values()).count(state) for state in states.values()
    }
    assert {key: files.state(key) for key in files} == states
    assert entered == len(files) + sum(files.left.values())
