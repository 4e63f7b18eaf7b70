import json

from daemon.network.sending.entries import State, move
from daemon.network.sending.failure import Failure
from daemon.network.sending.notes import BackOff, Note, write_note, write_peer_note
from daemon.network.sending.outbox import STATUS, Outbox
from daemon.network.sending.overview import look
from tests.support.records import scan_id

ADDRESS, GONE = "dicom://PACS@archive.example:104", "file:///gone"
NOTE = BackOff(100, 1000).failed(Note(), Failure("store", "refused", "see the log"), 1e9)


def test_it_shows_what_waits_for_whom_and_why(outbox, fill_outbox):
    folder, (first, second, third) = fill_outbox(ADDRESS, 1, 2, 3)
    write_note(first, NOTE)
    move(first, State.REFUSED)
    move(second, State.STORED)
    write_peer_note(folder, NOTE)
    fill_outbox(GONE, 4)
    fill_outbox("file:///empty")
    (outbox.root / STATUS).write_text(json.dumps({"paused": "the disk is full"}))
    seen = look(outbox, (ADDRESS, "file:///new"))

    assert (seen.is_running, seen.paused) == (True, "the disk is full")
    shelf, new, gone = seen.shelves
    assert (shelf.destination, shelf.waits, shelf.attempts, shelf.step) == (ADDRESS, 2, 1, "store")
    assert shelf.objects == {"waiting": 1, "stored": 1, "refused": 1, "confirmed": 0, "unconfirmed": 0}
    assert shelf.waiting_since == third.path.stat().st_mtime
    assert [(one.scan_id, one.state, one.error) for one in shelf.troubles] == [
        (scan_id(1), "refused", "refused")
    ]
    assert (new.destination, new.waits, new.waiting_since) == ("file:///new", 0, None)
    assert (gone.destination, gone.is_set, gone.waits) == (GONE, False, 1)
    assert json.loads(json.dumps(seen.as_plain()))["shelves"][0]["objects"]["waiting"] == 1


def test_where_nothing_was_ever_sent_there_is_nothing(tmp_path):
    seen = look(Outbox(tmp_path / "outbox"), ())

    assert (seen.is_running, seen.paused, seen.shelves, seen.unmade) == (False, None, [], {})
