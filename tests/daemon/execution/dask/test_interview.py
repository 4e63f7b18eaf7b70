from dataclasses import replace

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from daemon.execution.dask.interview import interview
from daemon.execution.dask.link import WorkerAwayError, WorkerFailedError
from daemon.execution.dask.plan import Plan
from daemon.execution.dask.roster import Member
from tests.daemon.execution.dask.test_handing_out import Sessions
from tests.daemon.execution.dask.test_messages import preparation
from tests.daemon.execution.dask.test_roster import FACTS

FILES = {"release.json": b"{}"}


def asked():
    session, member = Sessions(), Member("a", 2)
    interview(member, session, Plan("tcp://127.0.0.1:1", None, preparation(), None, lambda: FILES))
    return session, member


def test_a_worker_like_this_daemon_prepares_itself_and_is_used():
    session, member = asked()
    assert member.room == 0
    session.ends(FACTS)
    assert session.asked[-1][3] == (preparation(), None)
    session.ends(None)
    assert (member.refusal, member.room, member.facts) == (None, 4, FACTS)


def test_one_that_lacks_the_release_is_sent_it():
    session, _ = asked()
    session.ends(replace(FACTS, has_release=False))
    assert session.asked[-1][3] == (preparation(), FILES)


def test_one_of_other_versions_is_not_asked_again():
    session, member = asked()
    session.ends(replace(FACTS, versions={"numpy": "0.1"}))
    assert "numpy 0.1" in member.refusal
    assert (len(session.asked), member.ask_again_at) == (1, None)


@pytest.mark.parametrize("error", [WorkerAwayError("it ended"), WorkerFailedError("it is none of ours", "")])
def test_one_that_does_not_answer_is_asked_again(error):
    session, member = asked()
    session.ends(error)
    assert str(error) in member.refusal
    assert member.ask_again_at is not None


def test_one_that_cannot_prepare_itself_is_asked_again():
    session, member = asked()
    session.ends(FACTS)
    session.ends(WorkerFailedError("OSError", "No space left on device"))
    assert "No space left" in member.refusal
    assert member.ask_again_at is not None


def test_a_release_that_is_gone_refuses_the_worker_and_ends_nothing():
    """Break it: let it through. The thread of the cluster ends, and each file waits for ever."""

    def gone():
        raise FileNotFoundError(2, "No such file", "/releases/1/release.json")

    session, member = Sessions(), Member("a", 2)
    interview(member, session, Plan("tcp://127.0.0.1:1", None, preparation(), None, gone))
    session.ends(replace(FACTS, has_release=False))
    assert "lacks the release, which cannot be sent (ENOENT)" in member.refusal
    assert member.ask_again_at is not None
