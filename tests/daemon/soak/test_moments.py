import pytest

from daemon.soak.moments import Moments, Phase


def test_the_same_seed_gives_the_same_moments():
    def drawn():
        moments = Moments(7)
        return [(phase := moments.phase(), moments.after(phase, 1.5)) for _ in range(20)]

    assert drawn() == drawn()


def test_most_moments_come_after_a_claim_and_every_phase_has_some():
    moments = Moments(1)
    phases = [moments.phase() for _ in range(1000)]

    assert phases.count(Phase.CLAIM) > 700
    assert min(phases.count(Phase.START), phases.count(Phase.READY)) > 50


def test_a_moment_that_has_to_meet_work_comes_after_a_claim():
    moments = Moments(1)
    assert {moments.phase(at_work=True) for _ in range(100)} == {Phase.CLAIM}


@pytest.mark.parametrize("work_s", [0.02, 0.2, 1.0])
def test_however_long_work_takes_most_kills_meet_it_and_they_spread_over_it(work_s):
    moments = Moments(3)
    met = []
    for _ in range(400):
        after = moments.after(Phase.CLAIM, 1.5)
        moments.learn(Phase.CLAIM, met_work=after < work_s, most_s=1.5)
        met += [after] if after < work_s else []

    assert len(met) > 280
    assert min(met) < 0.1 * work_s
    assert max(met) > 0.9 * work_s


def test_a_kill_at_the_start_says_nothing_of_work():
    first, second = Moments(5), Moments(5)
    for _ in range(20):
        second.learn(Phase.START, met_work=False, most_s=1.5)

    assert first.after(Phase.CLAIM, 1.5) == second.after(Phase.CLAIM, 1.5)
