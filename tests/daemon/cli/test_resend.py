import json

import pytest

from daemon.network.sending.entries import State, entries, move, put
from daemon.network.sending.outbox import FOLDER, Outbox
from daemon.settings.destinations import parse_destination
from tests.support.records import scan_id
from tests.support.result_objects import made_object

ADDRESS = "dicom://PACS@archive.example:104"


@pytest.fixture
def folder(recorded):
    """An outbox in which the object of the first scan was refused, and that of the second confirmed."""
    folder = Outbox(recorded / FOLDER).folder(parse_destination(ADDRESS))
    for number, state in ((1, State.REFUSED), (2, State.CONFIRMED)):
        put(folder, scan_id(number), made_object(scan_id(number)))
        move(entries(folder, State.WAITING)[0], state)
    return folder


def waiting(folder):
    return [entry.scan_id for entry in entries(folder, State.WAITING)]


def test_what_was_refused_waits_again(recorded, call, folder):
    end = call(recorded, "resend", "--refused", send_to=ADDRESS)

    assert (end.returncode, waiting(folder)) == (0, [scan_id(1)])
    assert "to be sent again: 1 object of the outbox" in end.stderr
    assert "start `inboxray send`" in end.stderr


def test_a_scan_is_named_as_anywhere(recorded, call, folder):
    end = call(recorded, "resend", "ward/2.dcm", send_to=ADDRESS)

    assert (end.returncode, waiting(folder)) == (0, [scan_id(2)]), end.stderr
    line = json.loads((recorded / ".audit.jsonl").read_text().splitlines()[-1])
    assert (line["command"], line["objects"], line["scans"]) == ("resend", 1, 1)


def test_all_of_a_destination(recorded, call, folder):
    assert call(recorded, "resend", "--all-of", ADDRESS, send_to=ADDRESS).returncode == 0
    assert waiting(folder) == [scan_id(1), scan_id(2)]
    end = call(recorded, "resend", "--all-of", "file:///other", send_to=ADDRESS)
    assert (end.returncode, ADDRESS in end.stderr) == (64, True)


def test_before_anything_was_ever_sent(recorded, call):
    end = call(recorded, "resend", scan_id(1), send_to=ADDRESS)
    assert end.returncode == 0, end.stderr
    assert (recorded / FOLDER / "once-more" / scan_id(1)).exists()


@pytest.mark.parametrize("words", [(), (scan_id(1), "--refused"), ("--refused", "--all-of", ADDRESS)])
def test_one_way_of_choosing_is_wanted(recorded, call, words):
    assert call(recorded, "resend", *words, send_to=ADDRESS).returncode == 64
