"""Faults 31 and 32: kill -9, at random moments and at each named step, on SQLite and on PostgreSQL.

Break it: let `daemon.pipeline.commit.Committer.commit` move the files before it records them, or let
`daemon.spool.claiming.find_claims` yield nothing.
"""

import os
import random
import signal
import time

import pytest

from tests.support.failing import STEPS
from tests.support.ledgers import assert_each_once, own_database, scans
from tests.support.pictures import png_bytes

SETTINGS = {"look_interval_ms": 20, "settle_s": 0.05, "incomplete_wait_s": 0.2, "decode_workers": 1}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    """A database of the test's own."""
    if request.param == "sqlite":
        yield own_database(tmp_path / "spool")
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.create_database()
        yield url
        server.drop_database(url)


def arrive(spool, named):
    for name, data in named.items():
        path = spool / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_a_kill_at_each_step_loses_and_doubles_nothing(zygote, tmp_path, database_url, size):
    """A step that no kill reaches fails the test: each kill is seen to happen."""
    spool, named = tmp_path / "spool", {}
    settings = SETTINGS | {"database_url": database_url}
    for number, (step, point) in enumerate([*STEPS.items()] * size(1, 3)):
        fresh = {f"{number}/sound.png": png_bytes(number), f"{number}/odd.txt": b"%d" % number}
        arrive(spool, fresh)
        named |= fresh

        ended = zygote.once(spool, faults=[(point, "KILL", {})], **settings)

        assert ended == -signal.SIGKILL, step
        assert zygote.once(spool, **settings) == 0, step
        assert_each_once(spool, database_url, named)
    outcomes = {row["error_code"] or row["outcome"] for row in scans(database_url)}
    assert outcomes == {"classified", "unknown_format"}


def test_kills_at_random_moments_lose_and_double_nothing(zygote, tmp_path, database_url, size):
    """200 kills over 2,000 real files: `inboxray soak`, by `make soak`."""
    files, kills = size(60, 400), size(4, 20)
    spool, settings = tmp_path / "spool", SETTINGS | {"database_url": database_url, "batch_size": 4}
    named = {f"{seed}.png": png_bytes(seed) for seed in range(files)}
    arrive(spool, named)
    moments = random.Random(31)  # noqa: S311 - moments, no secrets
    for _ in range(kills):
        pid = zygote.start(spool, "run", **settings)
        time.sleep(moments.uniform(0.3, 1.5))  # whatever it is at, that is the test
        os.kill(pid, signal.SIGKILL)
        assert zygote.wait() == -signal.SIGKILL

    assert zygote.once(spool, **settings) == 0
    assert_each_once(spool, database_url, named)
    answers = [row["error_code"] or row["outcome"] for row in scans(database_url)]
    # from the third on, a kill may hit one file at its last attempt, which is made alone (fault 53)
    assert answers.count("classified") >= files - max(0, kills - 2)
    assert set(answers) <= {"classified", "crashed_daemon"}
