"""Fault 78: no process that decodes can be started, or has a descriptor for its file.

Break it: end the wait in `daemon.decoding.lack.Lack` though somebody reports it. Each file of the inbox
is `decoder_crashed`, innocent as it is.
"""

import json

import pytest

from tests.faults.conftest import CALM
from tests.support.daemons import rows
from tests.support.failing import Point
from tests.support.ledgers import assert_each_once, own_database
from tests.support.pictures import drop, png_bytes

CHILD = Point("daemon.decoding.children", "Child")
DESCRIPTOR = Point("daemon.decoding.children", "open_regular")


def _events(spool, name):
    lines = (spool.parent / f"{spool.name}.log").read_text().splitlines()
    return [event for line in lines if (event := json.loads(line))["event"] == name]


@pytest.mark.parametrize(("place", "error"), [(CHILD, "EAGAIN"), (DESCRIPTOR, "EMFILE")])
def test_78_intake_pauses_while_nothing_can_be_decoded_and_goes_on_by_itself(zygote, tmp_path, place, error):
    spool = tmp_path / "spool"
    named = {f"{n}.png": png_bytes(n) for n in range(4)}
    for name, data in named.items():
        drop(spool / "inbox" / name, data)

    ended = zygote.once(spool, faults=[(place, error, {"times": 24})], **CALM | {"decode_workers": 2})

    assert ended == 0, (tmp_path / "spool.log").read_text()
    assert {row["outcome"] for row in rows(spool)} == {"classified"}
    assert_each_once(spool, own_database(spool), named)
    (paused,), (resumed,) = _events(spool, "intake_paused"), _events(spool, "intake_resumed")
    assert (paused["reason"], paused["cause"]) == ("decoding", error)
    assert "TasksMax" in paused["remedy"]
    assert resumed["reason"] == "decoding"


def test_78_once_ends_when_it_has_waited_long_enough_and_keeps_every_file(zygote, tmp_path):
    spool = tmp_path / "spool"
    named = {f"{n}.png": png_bytes(n) for n in range(4)}
    for name, data in named.items():
        drop(spool / "inbox" / name, data)

    ended = zygote.once(spool, faults=[(CHILD, "ENOMEM", {})], database_wait_s=2, **CALM)

    log = (tmp_path / "spool.log").read_text()
    assert ended == 74, log
    assert "no process that decodes could be started (ENOMEM)" in log
    assert rows(spool) == []
    assert zygote.once(spool, **CALM) == 0
    assert {row["outcome"] for row in rows(spool)} == {"classified"}
    assert_each_once(spool, own_database(spool), named)
