import json

from tests.support.records import scan_id


def test_a_scan_is_told_by_a_beginning_of_its_id(recorded, call):
    end = call(recorded, "explain", scan_id(3)[:18])
    assert end.returncode == 0, end.stderr
    for told in (scan_id(3), "truncated", "Send it again from its source", "ward/3.dcm", "host-1"):
        assert told in end.stdout
    assert f"requeue {scan_id(3)}" in end.stdout


def test_json_holds_every_frame_with_its_map(recorded, call):
    told = json.loads(call(recorded, "explain", scan_id(1), "--json").stdout)
    assert told["answer"]["decision"] == "fractured"
    assert told["frames"][0]["heat_map"][:2] == [[0, 1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12, 13]]
    assert told["history"]["finished_at"] == "2026-11-23T12:00:01.250000Z"


def test_a_scan_that_is_not_there_is_66_and_one_of_several_64(recorded, call):
    assert call(recorded, "explain", scan_id(9)).returncode == 66
    assert call(recorded, "explain", scan_id(1)[:6]).returncode == 64


def test_where_the_file_is_gone_it_does_not_offer_requeue(recorded, call):
    (recorded / "failed/2026-11-23/ward/3.dcm").unlink()
    told = json.loads(call(recorded, "explain", scan_id(3), "--json").stdout)
    assert told["file"]["there"].startswith("no")
    assert [f"drop the file into {recorded}/inbox"] == told["again"]
