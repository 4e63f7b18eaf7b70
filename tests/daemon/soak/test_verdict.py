from dataclasses import replace

import pytest

from daemon.soak.proof import Proof
from daemon.soak.verdict import Plan, Verdict

GOOD = Verdict(
    plan=Plan(files=3, kills=2, seed=1),
    engine="sqlite",
    different=None,
    proof=Proof(answers={"classified": 2, "truncated": 1}),
    at_work=1,
    stopped=0,
    trouble=None,
    seconds=12.34,
    kept=None,
)


def test_each_file_once_and_an_orderly_end_pass():
    assert GOOD.passed
    assert GOOD.as_json()["verdict"] == "pass"
    expected = "PASS: 3 files, 2 kills (1 with files in work), sqlite: each ended exactly once; 12 s"
    assert expected == GOOD.line()


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"proof": Proof(answers={"classified": 2}, lost=1)}, "1 lost"),
        ({"proof": Proof(answers={"classified": 4}, twice=1)}, "1 twice"),
        ({"proof": Proof(answers={"classified": 3}, lock_held=True)}, "1 lock held"),
        ({"stopped": 70}, "the daemon did not end well"),
        ({"stopped": None, "trouble": "a daemon stood still"}, "a daemon stood still"),
        ({"proof": Proof(answers={"classified": 2})}, "the daemon did not end well"),
        ({"at_work": 0}, "1 kills must meet files in work"),
    ],
)
def test_anything_else_fails_and_says_what(change, shown):
    found = replace(GOOD, **change)
    assert not found.passed
    assert found.as_json()["verdict"] == "fail"
    assert found.line().startswith("FAIL")
    assert shown in found.line()
