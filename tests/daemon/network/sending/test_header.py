from daemon.network.sending.header import header_of
from tests.support.records import scan_id
from tests.support.result_objects import REPORT, uid_of


def test_an_object_says_what_it_is(fill_outbox):
    _, (entry,) = fill_outbox("file:///srv", 1, size=1000)
    header = header_of(entry)

    assert (header.SOPClassUID, header.SOPInstanceUID) == (REPORT, uid_of(scan_id(1)))
    assert header.StudyInstanceUID == uid_of(scan_id(1), "study")


def test_a_damaged_one_says_nothing(fill_outbox):
    _, (entry,) = fill_outbox("file:///srv", 1)
    whole = entry.path.read_bytes()
    for damaged in (b"", whole[:140], whole[:300], b"x" * 500, whole[:132] + bytes(200)):
        entry.path.write_bytes(damaged)
        assert not header_of(entry)
