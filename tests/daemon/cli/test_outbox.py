import json

from daemon.network.sending.entries import State, entries, move, put
from daemon.network.sending.failure import Failure
from daemon.network.sending.notes import BackOff, Note, write_note, write_peer_note
from daemon.network.sending.outbox import FOLDER, Outbox
from daemon.settings.destinations import parse_destination
from tests.support.records import scan_id
from tests.support.result_objects import made_object

ADDRESS = "dicom://PACS@archive.example:104"
NOTE = BackOff(100, 1000).failed(Note(), Failure("connect", "no answer", "check the firewall"), 1e9)


def arrange(spool):
    """Let one object wait and one be refused, for a peer that is down."""
    outbox = Outbox(spool / FOLDER)
    folder = outbox.folder(parse_destination(ADDRESS))
    for number in (1, 2):
        put(folder, scan_id(number), made_object(scan_id(number)))
    refused = entries(folder, State.WAITING)[1]
    write_note(refused, NOTE)
    move(refused, State.REFUSED)
    write_peer_note(folder, NOTE)
    return outbox


def test_it_shows_what_waits_and_what_to_do(recorded, call):
    outbox = arrange(recorded)
    end = call(recorded, "outbox", send_to=ADDRESS)

    assert end.returncode == 0
    (line,) = [line for line in end.stdout.splitlines() if ADDRESS in line]
    assert next(cell.strip() for cell in line.split("│")[2:-1]) == "1"
    assert "connect" in line
    assert f"{ADDRESS}: connect: no answer; check the firewall" in end.stderr
    assert scan_id(2) in end.stderr
    assert "start `inboxray send`" in end.stderr
    with outbox.held():
        assert "start `inboxray send`" not in call(recorded, "outbox", send_to=ADDRESS).stderr


def test_programs_get_json(recorded, call):
    arrange(recorded)
    known = json.loads(call(recorded, "outbox", "--json", send_to=ADDRESS).stdout)

    (shelf,) = known["shelves"]
    assert (shelf["destination"], shelf["objects"]["waiting"], shelf["step"]) == (ADDRESS, 1, "connect")
    assert [trouble["scan_id"] for trouble in shelf["troubles"]] == [scan_id(2)]
    assert known["is_running"] is False


def test_a_check_says_by_its_exit_code_that_it_does_not_empty_itself(recorded, call):
    assert call(recorded, "outbox", "--check", send_to=ADDRESS).returncode == 0
    arrange(recorded)
    end = call(recorded, "outbox", "--check", send_to=ADDRESS)
    assert end.returncode == 69
    assert "1 object refused" in end.stderr


def test_a_destination_that_is_set_no_more_is_named_while_anything_waits(recorded, call):
    arrange(recorded)
    assert "does not name it any more" in call(recorded, "outbox").stderr


def test_nothing_set_says_so(recorded, call):
    end = call(recorded, "outbox")
    assert (end.returncode, end.stdout) == (0, "")
    assert "set `send_to`" in end.stderr
