from daemon.network.sending.entries import State, entries, move
from daemon.network.sending.failure import Failure
from daemon.network.sending.notes import BackOff, Note, notes_of, peer_note, write_note, write_peer_note
from daemon.network.sending.resending import Resent, resend_all, resend_refused, resend_scans
from tests.support.records import scan_id

NOTE = BackOff(100, 1000).failed(Note(), Failure("store", "refused", "see the log"), 1e9)


def lying(folder, state):
    return [int(entry.scan_id[-12:], 16) for entry in entries(folder, state)]


def arrange(fill_outbox, address="file:///srv"):
    folder, found = fill_outbox(address, 1, 2, 3, 4)
    for entry, state in zip(found, (State.REFUSED, State.CONFIRMED, State.STORED), strict=False):
        write_note(entry, NOTE)
        move(entry, state)
    write_peer_note(folder, NOTE)
    return folder


def test_what_was_refused_waits_again_without_its_past(outbox, fill_outbox):
    folder = arrange(fill_outbox)
    (outbox.root / "unmade").mkdir()
    (outbox.root / "unmade" / scan_id(9)).write_text("ValueError")

    assert resend_refused(outbox, [folder]) == Resent(1, 1)
    assert lying(folder, State.WAITING) == [1, 4]
    assert len(notes_of(folder)) == 2
    assert (outbox.root / "once-more" / scan_id(9)).exists()


def test_scans_wait_again_whatever_became_of_them_and_are_made_where_they_lack(outbox, fill_outbox):
    folder = arrange(fill_outbox)

    assert resend_scans(outbox, [folder], [scan_id(2), scan_id(3), scan_id(7)]) == Resent(2, 3)
    assert lying(folder, State.WAITING) == [2, 3, 4]
    assert sorted(path.name for path in (outbox.root / "once-more").iterdir()) == [
        scan_id(number) for number in (2, 3, 7)
    ]
    assert peer_note(folder) == Note(), "the peer is tried at once"


def test_all_of_a_destination_waits_again_and_of_no_other(outbox, fill_outbox):
    folder, other = arrange(fill_outbox), arrange(fill_outbox, "file:///other")

    assert resend_all(folder) == Resent(4, 0)
    assert lying(folder, State.WAITING) == [1, 2, 3, 4]
    assert lying(other, State.WAITING) == [4]
    assert (folder / "from-the-beginning").exists()
