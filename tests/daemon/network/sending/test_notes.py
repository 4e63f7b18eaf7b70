from daemon.network.sending.failure import Failure
from daemon.network.sending.notes import (
    BackOff,
    Note,
    forget,
    note_of,
    notes_of,
    peer_note,
    write_note,
    write_peer_note,
)

FAILED = Failure("connect", "nothing listens", "start it")
BACK_OFF = BackOff(2, 60)


def test_waits_grow_to_the_longest_with_jitter():
    waits = [[BACK_OFF.wait_s(attempts) for attempts in range(1, 40)] for _ in range(5)]

    for several in waits:
        assert 2 <= several[0] <= 4
        assert several[3] >= 16
        assert set(several[6:]) == {60}
    assert len({tuple(several) for several in waits}) == 5, (
        "all wait the same: a peer that is back is flooded"
    )
    assert BACK_OFF.wait_s(100_000) == 60


def test_a_note_outlives_its_process(fill_outbox):
    folder, (entry, other) = fill_outbox("file:///srv", 1, 2)
    note = BACK_OFF.failed(BACK_OFF.failed(Note(), FAILED, 100.0), FAILED, 110.0)
    write_note(entry, note)
    write_peer_note(folder, note)

    assert note_of(entry) == peer_note(folder) == note
    assert (note.attempts, note.since, note.step, note.remedy) == (2, 100.0, "connect", "start it")
    assert note.next_at >= 114
    assert note_of(other) == Note()
    assert notes_of(folder) == {entry.name: note}
    forget(entry)
    forget(entry)
    assert notes_of(folder) == {}


def test_a_damaged_note_costs_a_try_at_once(fill_outbox):
    folder, (entry,) = fill_outbox("file:///srv", 1)
    write_note(entry, Note(3))
    (folder / "notes" / f"{entry.name}.json").write_text('{"attempts": 3, "colour": 1}')

    assert note_of(entry) == Note()


def test_a_clock_that_was_set_back_holds_up_nothing():
    note = BACK_OFF.failed(Note(), FAILED, now=1_000_000.0)

    assert not BACK_OFF.is_due(note, 1_000_001.0)
    assert BACK_OFF.is_due(note, 1_000_061.0)
    assert BACK_OFF.is_due(note, 1_000.0)
