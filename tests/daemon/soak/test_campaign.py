"""When a campaign drops, kills and gives up; with real daemons: `tests/daemon/cli/test_soak.py`."""

import pytest

from daemon.errors import DaemonAwayError
from daemon.soak.campaign import Campaign
from daemon.soak.moments import Moments, Phase
from daemon.soak.verdict import Plan
from daemon.spool.folders import Spool, create

FILES, KILLS = 7, 2
ALL_AT_THE_START = 239  # a seed, for four kills
WAITS_FOR_A_CLAIM = 0  # a seed whose moments all come after the daemon is ready
PLAN = Plan(FILES, KILLS, WAITS_FOR_A_CLAIM)


class Scripted:
    """A daemon that claims at once and answers when it is the last; it may end by itself."""

    def __init__(self, spool, ends_with=None):
        self.spool, self.ends_with = spool, ends_with
        self.log = "soak.log"
        self.starts = self.kills = self.answered = 0

    def start(self):
        self.starts += 1
        (self.spool.claimed / "claim").touch()

    def ended(self):
        return self.ends_with

    def wait_until_ready(self):
        pass

    def wait_until(self, holds, timeout_s, what, every_s=0.0):
        if what == "the next answer":
            self.answered += 1
            (self.spool.claimed / "claim").unlink(missing_ok=True)
        assert holds()

    def is_caught(self, at_work):
        return at_work()

    def kill(self):
        self.kills += 1

    def stop(self):
        return 0


@pytest.fixture
def spool(tmp_path):
    made = Spool(tmp_path / "spool")
    create(made)
    return made


def campaign(spool, daemon, plan=PLAN, **more):
    stages = more.setdefault("on_progress", lambda *_: None)
    before_drop = more.get("before_drop", lambda: None)
    return Campaign(plan, spool, daemon, stages, before_drop)


def test_every_file_is_dropped_every_kill_is_made_and_the_last_daemon_answers_all(spool):
    daemon, stages = Scripted(spool), []
    found = campaign(spool, daemon, on_progress=lambda *stage: stages.append(stage))
    found.run(lambda: daemon.answered)

    assert (daemon.starts, daemon.kills) == (KILLS + 1, KILLS)
    assert len({one.name for one in found.arrivals}) == FILES
    assert {one.name for one in found.arrivals} == {
        str(path.relative_to(spool.inbox)) for path in spool.inbox.rglob("*") if path.is_file()
    }
    assert (found.at_work, found.stopped, found.trouble) == (KILLS, 0, None)
    assert stages[:3] == [("kills", 0, KILLS), ("kills", 1, KILLS), ("kills", KILLS, KILLS)]
    assert stages[3:] == [("answers", number, FILES) for number in range(FILES)]


def test_where_too_few_kills_met_work_the_rest_come_after_a_claim(spool):
    """Break it: let no campaign be pressed: the moments of this seed are all at the start of a daemon."""
    plan = Plan(FILES, 4, ALL_AT_THE_START)
    moments = Moments(ALL_AT_THE_START)
    assert {(phase := moments.phase(), moments.after(phase, 1.5))[0] for _ in range(plan.kills)} == {
        Phase.START
    }

    daemon = Scripted(spool)
    found = campaign(spool, daemon, plan)
    found.run(lambda: daemon.answered)

    assert found.at_work == plan.least_at_work == 2


def test_a_kill_that_has_to_meet_work_meets_it_on_a_busy_machine_too(spool):
    """Break it: look at the claims, and kill the daemon a moment later, when it has answered them."""

    class Quick(Scripted):
        def start(self):
            super().start()
            self.is_held = False

        def is_caught(self, at_work):
            self.is_held = at_work()
            return self.is_held

        def ended(self):
            if not self.is_held:
                (self.spool.claimed / "claim").unlink(missing_ok=True)

    plan = Plan(FILES, 4, ALL_AT_THE_START)
    found = campaign(spool, Quick(spool), plan)
    found.run(lambda: FILES)

    assert (found.at_work, found.trouble) == (plan.least_at_work, None)


def test_files_come_before_each_daemon(spool):
    daemon = Scripted(spool)
    dropped_at = []
    found = campaign(spool, daemon, before_drop=lambda: dropped_at.append(daemon.starts))
    found.run(lambda: daemon.answered)

    assert len(dropped_at) == FILES
    assert dropped_at == sorted(dropped_at)
    assert {0, 1, 3} <= set(dropped_at)  # before the first, between two, and for the last; 2: as time allows


def test_a_daemon_that_ends_by_itself_ends_the_campaign(spool):
    found = campaign(spool, Scripted(spool, ends_with=70))
    found.run(lambda: 0)

    assert found.trouble == "a daemon ended by itself with 70; its log: soak.log"
    assert found.stopped is None
    assert len(found.arrivals) < FILES


def test_one_that_never_gets_ready_does_too(spool):
    class Deaf(Scripted):
        def wait_until_ready(self):
            raise DaemonAwayError("the daemon did not get to watching its inbox")

    found = campaign(spool, Deaf(spool))
    found.run(lambda: 0)

    assert found.trouble == "the daemon did not get to watching its inbox"
