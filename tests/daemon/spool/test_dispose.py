import json
import os
from datetime import date

import pytest

from daemon.spool.attempts import note_attempt
from daemon.spool.claiming import claim_file, find_claims
from daemon.spool.destinations import Destinations
from daemon.spool.dispose import Disposal, dispose
from daemon.spool.names import encode_name
from daemon.spool.reasons import REASONS

DAY = date(2026, 11, 23)


def claim(spool, source=b"ward/a.dcm", data=b"bytes"):
    path = os.path.join(os.fsencode(spool.inbox), source)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    made = claim_file(spool, source)
    note_attempt(made)
    return made


def disposal(spool, made, outcome="classified", code=None, places=None):
    places = places or Destinations(spool, DAY)
    return Disposal(made, outcome, code, encode_name(places.choose(made.source, made.scan_id, outcome)))


def files(spool):
    found = {}
    for folder in (spool.done, spool.failed):
        for path in folder.rglob("*"):
            if path.is_file():
                found[str(path.relative_to(spool.root))] = path.read_bytes()
    return found


def test_a_classified_file_keeps_its_path_below_the_day(spool):
    assert dispose(spool, [disposal(spool, claim(spool))]) == []
    assert files(spool) == {"done/2026-11-23/ward/a.dcm": b"bytes"}
    assert list(spool.claimed.iterdir()) == []


def test_a_failed_file_has_its_reason_beside_it(spool):
    made = claim(spool)
    assert dispose(spool, [disposal(spool, made, "failed", "truncated")]) == []
    kept = files(spool)
    assert kept.pop("failed/2026-11-23/ward/a.dcm") == b"bytes"
    ((path, reason),) = kept.items()
    assert path == "failed/2026-11-23/ward/a.dcm.reason.json"
    assert json.loads(reason) == {
        "scan_id": made.scan_id,
        "outcome": "failed",
        "error_code": "truncated",
        "reason": REASONS["truncated"],
        "again": f"inboxray --spool {spool.root} requeue {made.scan_id}",
    }


def test_a_name_that_stands_there_is_not_overwritten(spool):
    for data in (b"first", b"second", b"third"):
        assert dispose(spool, [disposal(spool, claim(spool, data=data))]) == []
    assert sorted(files(spool).values()) == [b"first", b"second", b"third"]
    assert "done/2026-11-23/ward/a.dcm" in files(spool)


@pytest.mark.parametrize(("outcome", "longest"), [("classified", 255), ("failed", 243)])
def test_a_long_name_is_cut_so_that_its_reason_fits_too(spool, outcome, longest):
    made = claim(spool, b"n" * 251 + b".dcm")
    one = disposal(spool, made, outcome, "truncated" if outcome == "failed" else None)
    assert dispose(spool, [one]) == []
    names = sorted((os.path.basename(path) for path in files(spool)), key=len)
    assert len(names[0]) == longest
    assert len(names[-1]) == 255


def test_a_file_where_a_folder_should_be_is_walked_around(spool):
    dispose(spool, [disposal(spool, claim(spool, b"ward"))])
    assert dispose(spool, [disposal(spool, claim(spool, b"ward/a.dcm", b"other"))]) == []
    assert len(files(spool)) == 2


def test_in_one_batch_too(spool):
    places = Destinations(spool, DAY)
    made = [claim(spool, b"ward", b"1")]
    (spool.inbox / "ward").mkdir()
    made.append(claim(spool, b"ward/a.dcm", b"2"))
    assert dispose(spool, [disposal(spool, one, places=places) for one in made]) == []
    assert sorted(files(spool).values()) == [b"1", b"2"]


def test_a_reason_never_overwrites_a_file_of_its_name(spool):
    first = claim(spool, b"a.dcm.reason.json", b"mine")
    dispose(spool, [disposal(spool, first, "failed", "unknown_format")])
    dispose(spool, [disposal(spool, claim(spool, b"a.dcm", b"cut"), "failed", "truncated")])
    assert files(spool)["failed/2026-11-23/a.dcm.reason.json"] == b"mine"
    assert len(files(spool)) == 4


def test_a_move_that_fails_leaves_the_file_claimed_and_can_be_tried_again(spool):
    """Fault 55: the row stands."""
    made = claim(spool)
    one = disposal(spool, made)
    spool.done.rmdir()
    spool.done.touch()
    ((refused, error),) = dispose(spool, [one])
    assert refused is one
    assert isinstance(error, OSError)
    assert list(find_claims(spool)) == [made]
    spool.done.unlink()
    spool.done.mkdir()
    assert dispose(spool, [one]) == []
    assert files(spool) == {"done/2026-11-23/ward/a.dcm": b"bytes"}


def test_one_that_fails_keeps_nobody_else(spool):
    good, bad = claim(spool, b"good"), claim(spool, b"bad")
    (spool.done / "2026-11-23").mkdir()
    (spool.done / "2026-11-23" / "bad").write_bytes(b"somebody else's")
    blocked = Disposal(bad, "classified", None, "done/2026-11-23/bad")
    assert [one for one, _ in dispose(spool, [blocked, disposal(spool, good)])] == [blocked]
    assert files(spool) == {"done/2026-11-23/bad": b"somebody else's", "done/2026-11-23/good": b"bytes"}


@pytest.mark.parametrize("moved", [False, True])
def test_what_a_crash_cut_short_is_finished(spool, moved):
    """Fault 32: killed before or after the last rename."""
    one = disposal(spool, claim(spool), "failed", "truncated")
    if moved:
        target = spool.root / one.stored_path
        target.parent.mkdir(parents=True)
        os.rename(one.claim.path, target)
    assert dispose(spool, [one]) == []
    assert dispose(spool, [one]) == []
    assert sorted(files(spool)) == [
        "failed/2026-11-23/ward/a.dcm",
        "failed/2026-11-23/ward/a.dcm.reason.json",
    ]
    assert list(spool.claimed.iterdir()) == []


def test_folders_are_private(spool):
    dispose(spool, [disposal(spool, claim(spool))])
    modes = {path.stat().st_mode & 0o077 for path in spool.done.rglob("*") if path.is_dir()}
    assert modes == {0}


def test_nor_a_file_the_place_of_a_folder_that_another_of_the_batch_needs(spool):
    places = Destinations(spool, DAY)
    made = [claim(spool, b"ward/a.dcm", b"1")]
    (spool.inbox / "ward").rmdir()
    made.append(claim(spool, b"ward", b"2"))
    assert dispose(spool, [disposal(spool, one, places=places) for one in made]) == []
    assert sorted(files(spool).values()) == [b"1", b"2"]
