import hashlib

import pytest

from daemon.network.studies.arrivals import ReceivedAssociations
from daemon.network.studies.quiet import Arriving
from daemon.settings.ignored_names import RECEIVING
from daemon.spool.received import FOLDER, AssociationNote
from storage.ledger import Ledger
from storage.studies import studies_named
from tests.support.records import MODEL, RUN, classified


@pytest.fixture
def came(tmp_path, engine):
    """A ledger with two scans of a study, and what notes associations."""
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    rows = [classified(number, study_instance_uid="1.2") for number in (1, 2)]
    ledger.record([*rows, classified(3, study_instance_uid="1.9")], ledger.begin_run(RUN))
    folder = tmp_path / RECEIVING / FOLDER
    folder.parent.mkdir()
    return engine, tmp_path, lambda: AssociationNote(folder)


def uid(number):
    return classified(number).sop_instance_uid


def seen(engine, inbox, as_recorded=lambda text: text):
    return ReceivedAssociations(inbox, as_recorded).of(engine, studies_named(engine, ["1.2"])["1.2"])


def test_without_notes_nothing_is_known(came):
    engine, inbox, _ = came
    assert seen(engine, inbox) == Arriving()


def test_what_came_together_and_has_no_row_waits(came):
    """Break it: take what has a row, of whatever study, for one that waits."""
    engine, inbox, note = came
    one = note()
    for number in (1, 3, 7):
        one.add(uid(number))
    other = note()
    other.add(uid(8))
    first = seen(engine, inbox)
    assert (first.is_open, first.waiting) == (True, (uid(7),))
    one.end()
    second = seen(engine, inbox)
    assert (second.is_open, second.waiting) == (False, (uid(7),))
    assert second.ended_at > 0


def test_uids_are_compared_as_rows_hold_them(came):
    engine, inbox, note = came
    one = note()
    one.add(uid(1))
    one.add("5.6")
    assert seen(engine, inbox, lambda _: None) == Arriving()
    hashed = {uid(1): uid(1)}
    found = seen(engine, inbox, lambda text: hashed.get(text, hashlib.sha256(text.encode()).hexdigest()))
    assert found.waiting == (hashlib.sha256(b"5.6").hexdigest(),)
