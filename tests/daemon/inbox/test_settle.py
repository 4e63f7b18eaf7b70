"""When a file may be claimed: two looks that agree or an event, its structure, and how long it was quiet.

Break it: leave `previous.look != look` out of `daemon.inbox.settle.see`: a file that grows is confirmed.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.inbox.events import Sign
from daemon.inbox.settle import Patience, Sighting, claimable_in, is_trusted, see
from daemon.spool.file_state import Look
from model.reading.completeness import Completeness

PATIENCE = Patience(look_interval_s=0.1, settle_s=5, incomplete_wait_s=300)
LOOK = Look(device=1, inode=2, size=3, mtime_ns=4, ctime_ns=0)
FIELDS = ("device", "inode", "size", "mtime_ns", "ctime_ns")
seconds = st.floats(0, 1e6)


def changed(look, field):
    values = {name: getattr(look, name) for name in FIELDS}
    return Look(**(values | {field: values[field] + 1}))


def left(completeness, *, waited, trusted=False, look=LOOK):
    first = see(None, look, 100.0, trusted=trusted, patience=PATIENCE)
    sighting = replace(first, confirmed=True, completeness=completeness)
    return claimable_in(sighting, 100.0 + waited, PATIENCE)


def test_the_first_look_confirms_nothing():
    assert not see(None, LOOK, 0.0, trusted=False, patience=PATIENCE).confirmed


def test_two_looks_too_close_to_each_other_confirm_nothing():
    first = see(None, LOOK, 0.0, trusted=False, patience=PATIENCE)
    assert not see(first, LOOK, 0.09, trusted=False, patience=PATIENCE).confirmed


def test_two_looks_apart_that_agree_confirm():
    first = see(None, LOOK, 0.0, trusted=False, patience=PATIENCE)
    second = see(first, LOOK, 0.25, trusted=False, patience=PATIENCE)
    assert (second.confirmed, second.trusted, second.since) == (True, False, 0.0)


@pytest.mark.parametrize("field", FIELDS)
def test_any_change_begins_anew(field):
    known = Sighting(LOOK, 0.0, trusted=True, confirmed=True, completeness=Completeness.COMPLETE)
    seen = see(known, changed(LOOK, field), 9.0, trusted=False, patience=PATIENCE)
    assert Sighting(changed(LOOK, field), 9.0) == seen


def test_an_event_counts_as_the_second_look():
    assert see(None, LOOK, 0.0, trusted=True, patience=PATIENCE).confirmed
    first = see(None, LOOK, 0.0, trusted=False, patience=PATIENCE)
    second = see(first, LOOK, 0.01, trusted=True, patience=PATIENCE)
    assert (second.confirmed, second.trusted) == (True, True)


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.floats(0, 2)), min_size=1, max_size=30))
def test_nothing_is_confirmed_without_quiet_or_an_event(looks):
    """Whatever the looks: confirmed means that an event came, or the same look stood for an interval."""
    sighting, now, quiet_since, trusted_now = None, 0.0, 0.0, False
    for size, trusted, passed in looks:
        now += passed
        look = Look(1, 2, size, 4, 5)
        if sighting is None or sighting.look != look:
            quiet_since, trusted_now = now, False
        trusted_now = trusted_now or trusted
        sighting = see(sighting, look, now, trusted=trusted, patience=PATIENCE)
        assert look == sighting.look
        assert trusted_now == sighting.trusted
        if sighting.confirmed:
            assert trusted_now or now - quiet_since >= PATIENCE.look_interval_s
        if trusted_now:
            assert sighting.confirmed


def test_a_whole_file_with_an_event_is_claimed_at_once():
    assert left(Completeness.COMPLETE, waited=0, trusted=True) <= 0


@pytest.mark.parametrize("kind", [Completeness.COMPLETE, Completeness.ENDS_CLEANLY, Completeness.UNKNOWN])
def test_without_an_event_a_file_must_be_quiet(kind):
    assert left(kind, waited=0) == 5
    assert left(kind, waited=4) == 1
    assert left(kind, waited=5) <= 0


@pytest.mark.parametrize("kind", [Completeness.ENDS_CLEANLY, Completeness.UNKNOWN])
def test_an_event_does_not_stand_for_structure(kind):
    assert left(kind, waited=0, trusted=True) == 5


@pytest.mark.parametrize("trusted", [True, False])
def test_an_incomplete_file_is_waited_for_long(trusted):
    assert left(Completeness.INCOMPLETE, waited=10, trusted=trusted) == 290
    assert left(Completeness.INCOMPLETE, waited=300, trusted=trusted) <= 0


@given(st.sampled_from(list(Completeness)), seconds, seconds, st.booleans())
def test_waiting_longer_never_means_waiting_more(kind, one, other, trusted):
    early, late = sorted((one, other))
    assert left(kind, waited=late, trusted=trusted) <= left(kind, waited=early, trusted=trusted)


@given(st.sampled_from(list(Completeness)), seconds, st.integers(-(2**62), 2**62), st.booleans())
def test_a_wall_clock_shortens_and_lengthens_no_wait(kind, waited, times_ns, trusted):
    """Whatever times a file server or a sender gives a file, and however our own is set (43 and 58)."""
    look = replace(LOOK, mtime_ns=times_ns, ctime_ns=times_ns)
    assert left(kind, waited=waited, trusted=trusted, look=look) == left(kind, waited=waited, trusted=trusted)


@pytest.mark.parametrize(
    ("sign", "of_others", "of_ours", "of_another"),
    [(Sign.NONE, False, False, False), (Sign.CLOSED, True, True, True), (Sign.RENAMED, True, False, True)],
)
def test_a_rename_is_a_sign_of_the_writer_unless_it_was_ours(sign, of_others, of_ours, of_another):
    """Ours: the file went back to the inbox, whatever was written to it since; another may have its name."""
    ours = Sighting(LOOK, 0.0, is_returned=True)

    assert is_trusted(None, LOOK, sign) == of_others
    assert is_trusted(Sighting(LOOK, 0.0), LOOK, sign) == of_others
    assert is_trusted(ours, changed(LOOK, "size"), sign) == of_ours
    assert is_trusted(ours, changed(LOOK, "inode"), sign) == of_another
