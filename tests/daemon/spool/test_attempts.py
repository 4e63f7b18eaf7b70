import errno
import os

from daemon.errors import InputOutputError
from daemon.spool.attempts import (
    MAX_BLAME,
    attempts,
    blame,
    claims_set_aside,
    ends,
    is_set_aside,
    may_be_last,
    note_another_try,
    note_answer,
    note_attempt,
    note_end,
    note_withdrawal,
)
from daemon.spool.claiming import claim_file, find_claims
from storage.errors import DatabaseReplaced, DatabaseUnavailable


def drop(spool, source, data=b"x"):
    path = os.path.join(os.fsencode(spool.inbox), source)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return source


def test_attempts_are_counted_across_starts(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    assert attempts(claim) == 0
    note_attempt(claim)
    note_attempt(claim)
    assert attempts(next(find_claims(spool))) == 2


def test_an_attempt_that_a_child_answered_is_little_blame(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    seen = [(blame(claim), may_be_last(claim))]
    for answered in (True, True, False, True, False):
        note_attempt(claim)
        if answered:
            note_answer(claim)
        seen.append((blame(claim), may_be_last(claim)))
    assert seen == [(0, False), (1, False), (2, False), (5, False), (6, True), (9, True)]
    assert blame(claim) == MAX_BLAME


def test_an_orderly_end_is_no_blame(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    for answered in (False, True, False):
        note_attempt(claim)
        if answered:
            note_answer(claim)
        note_withdrawal(claim)
    assert (attempts(claim), blame(claim)) == (3, 0)
    note_attempt(claim)
    assert blame(claim) == 3


def test_a_claim_that_has_gone_gets_no_note(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    note_withdrawal(claim)
    assert not claim.note.exists()


def test_an_answer_that_cannot_be_noted_is_no_error(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    claim.note.mkdir()
    note_answer(claim)


def test_ends_are_counted_while_they_are_alike(spool):
    """Fault 73."""
    claim = claim_file(spool, drop(spool, b"a"))
    seen = [ends(claim)]
    for error in (InputOutputError("x"), OSError(errno.EIO, "x"), OSError(errno.EIO, "y"), ValueError("z")):
        note_end(claim, error)
        seen.append(ends(claim))
    assert seen == [(0, ""), (1, "io"), (1, "EIO"), (2, "EIO"), (1, "ValueError")]


def test_a_database_that_is_away_is_no_claim_s_fault(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    note_end(claim, DatabaseUnavailable("away"))
    note_end(claim, DatabaseReplaced("restored"))
    assert ends(claim) == (0, "")


def test_after_two_ends_alike_a_claim_is_tried_alone_and_after_three_set_aside_until_asked_for(spool):
    claim = claim_file(spool, drop(spool, b"a"))
    seen = []
    for _ in range(3):
        note_attempt(claim)
        note_answer(claim)
        note_end(claim, InputOutputError("x"))
        seen.append((may_be_last(claim), is_set_aside(claim)))
    assert seen == [(False, False), (True, False), (False, True)]
    assert [one.scan_id for one in claims_set_aside(spool)] == [claim.scan_id]
    assert blame(claim) == 0  # a broken disk makes no file one that crashes
    note_another_try(claim)
    assert (is_set_aside(claim), claims_set_aside(spool)) == (False, [])
