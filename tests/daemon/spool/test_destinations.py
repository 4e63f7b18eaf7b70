from datetime import date

from daemon.spool.destinations import Destinations

DAY = date(2026, 11, 23)


ID = "01935a7c-0000-7000-8000-00000000abcd"


def test_two_of_a_batch_and_one_that_waits_never_get_one_place(spool):
    places = Destinations(spool, DAY)
    places.reserve([b"done/2026-11-23/waits.dcm"])
    chosen = [places.choose(b"a.dcm", ID.replace("abcd", f"{n:04x}"), "classified") for n in range(3)]
    chosen.append(places.choose(b"waits.dcm", ID, "classified"))
    assert len(set(chosen)) == 4
    assert chosen[0] == b"done/2026-11-23/a.dcm"
    assert chosen[3] == b"done/2026-11-23/waits~00000000abcd.dcm"


def test_the_day_before_is_another_folder(spool):
    later = Destinations(spool, date(2026, 11, 24)).choose(b"ward/a.dcm", ID, "classified")
    assert later == b"done/2026-11-24/ward/a.dcm"


def test_a_file_of_the_same_batch_does_not_get_the_place_of_a_reason(spool):
    places = Destinations(spool, DAY)
    places.reserve([b"failed/2026-11-23/b.dcm"])
    assert places.choose(b"a.dcm", ID, "failed") == b"failed/2026-11-23/a.dcm"
    for name in (b"a.dcm.reason.json", b"b.dcm.reason.json"):
        assert places.choose(name, ID, "failed") != b"failed/2026-11-23/" + name
