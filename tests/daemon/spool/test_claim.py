import os
from datetime import UTC, datetime, timedelta

from daemon.spool.claiming import claim_file
from daemon.spool.names import encode_name


def drop(spool, source, data=b"x"):
    path = os.path.join(os.fsencode(spool.inbox), source)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    return source


def test_ids_follow_the_order_of_claims_and_hold_their_time(spool):
    claims = [claim_file(spool, drop(spool, b"a")) for _ in range(50)]
    assert sorted(claim.scan_id for claim in claims) == [claim.scan_id for claim in claims]
    assert abs(claims[-1].received_at - datetime.now(UTC)) < timedelta(seconds=5)


def test_the_text_of_a_source_gives_its_bytes_back(spool):
    claim = claim_file(spool, drop(spool, b"w\xe9rd/%\n"))
    assert encode_name(claim.source) == "w%E9rd/%25%0A"
