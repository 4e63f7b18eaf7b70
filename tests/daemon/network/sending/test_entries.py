from daemon.network.sending.entries import State, count_entries, entries, move, put, sync_states
from daemon.settings.destinations import parse_destination
from tests.support.records import scan_id
from tests.support.result_objects import made_object

ADDRESS = "dicom://PACS@archive.example:104"


def test_an_object_is_put_once_whatever_became_of_it(outbox):
    folder = outbox.folder(parse_destination(ADDRESS))
    assert put(folder, scan_id(1), made_object(scan_id(1)))
    for state in State:
        (entry,) = entries(folder, State.WAITING)
        assert not put(folder, scan_id(1), made_object(scan_id(1)))
        moved = move(entry, state)
        assert not put(folder, scan_id(1), made_object(scan_id(1))), state
        move(moved, State.WAITING)
    (entry,) = entries(folder, State.WAITING)
    assert entry.path.read_bytes() == made_object(scan_id(1)).content
    assert (entry.scan_id, entry.kind) == (scan_id(1), "sr")


def test_objects_come_in_the_order_of_their_scans(fill_outbox):
    _, found = fill_outbox(ADDRESS, 3, 1, 2)

    assert [entry.scan_id for entry in found] == [scan_id(number) for number in (1, 2, 3)]
    folder = found[0].folder
    (folder / State.WAITING / ".half.dcm").touch()
    assert [count_entries(folder, state) for state in State] == [3, 0, 0, 0, 0]


def test_who_moves_what_is_gone_is_told_so(fill_outbox):
    folder, (entry,) = fill_outbox(ADDRESS, 1)
    assert move(entry, State.REFUSED).path.exists()
    assert move(entry, State.STORED) is None
    sync_states(folder)
