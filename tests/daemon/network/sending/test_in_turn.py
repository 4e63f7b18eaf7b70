import pytest

from daemon.network.sending.in_turn import InTurn


class Follows:
    def __init__(self, *steps):
        self.steps, self.begun = list(steps), []

    def begin(self, engine):
        self.begun.append(engine)

    def step(self, engine):
        answer = self.steps.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_each_has_its_turn_and_there_is_more_if_one_has_more():
    one, other = Follows(False, True, False), Follows(False, False, False)
    both = InTurn([one, other])
    both.begin(None)
    assert (one.begun, other.begun) == ([None], [None])
    assert [both.step(None) for _ in range(3)] == [False, True, False]
    assert InTurn([]).step(None) is False


def test_one_that_fails_keeps_no_other_from_its_turn():
    failing, other = Follows(ValueError("first"), ValueError("second")), Follows(True, ValueError("third"))
    both = InTurn([failing, other])
    for words in ("first", "second"):
        with pytest.raises(ValueError, match=words):
            both.step(None)
    assert other.steps == []
