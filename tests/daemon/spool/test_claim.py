import os
from datetime import UTC, datetime, timedelta

import pytest

from daemon.spool.claim import ARRIVAL, CANARY, Origin
from daemon.spool.claiming import claim_file
from daemon.spool.names import encode_name


def drop(spool, source, data=b"x"):
    path = os.path.join(os.fsencode(spool.inbox), source)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return source


def test_ids_follow_the_order_of_claims_and_hold_their_time(spool):
    began = datetime.now(UTC) - timedelta(milliseconds=1)  # an id holds no more than that
    claims = [claim_file(spool, drop(spool, b"a")) for _ in range(50)]
    assert sorted(claim.scan_id for claim in claims) == [claim.scan_id for claim in claims]
    assert began <= claims[0].received_at <= claims[-1].received_at <= datetime.now(UTC)


def test_the_text_of_a_source_gives_its_bytes_back(spool):
    claim = claim_file(spool, drop(spool, b"w\xe9rd/%\n"))
    assert encode_name(claim.source) == "w%E9rd/%25%0A"


@pytest.mark.parametrize(
    ("origin", "expected"), [(ARRIVAL, (1, 1, 1)), (Origin("a scan"), (1, 0, 1)), (CANARY, (0, 0, 0))]
)
def test_what_follows_from_what_a_file_was(origin, expected):
    assert expected == (origin.keeps_file, origin.takes_earlier_answer, origin.is_counted)


@pytest.mark.parametrize("origin", [ARRIVAL, Origin("01935a7c-0000-7000-8000-00000000abcd"), CANARY])
def test_its_word_gives_it_back(origin):
    assert Origin.of_text(origin.text) == origin


def test_the_text_of_an_origin_gives_it_back():
    for origin in (ARRIVAL, CANARY, Origin("an-id"), Origin("an-id", was_changed=True)):
        assert Origin.of_text(origin.text) == origin
        assert " " not in origin.text
