import pytest

from daemon.network.sending.stow_answer import StowAnswer, read_answer


def item(uid, **values):
    tags = {"reason": "00081197", "warning": "00081196"}
    more = {tags[name]: {"vr": "US", "Value": [value]} for name, value in values.items()}
    return {"00081155": {"vr": "UI", "Value": [uid]}} | more


def answer(referenced=(), failed=()):
    return {
        "00081199": {"vr": "SQ", "Value": list(referenced)},
        "00081198": {"vr": "SQ", "Value": list(failed)},
    }


def test_each_object_has_what_was_said_of_it():
    body = answer([item("1.2"), item("1.3", warning=0xB000)], [item("1.4", reason=0xA900), item("1.5")])

    assert read_answer(body) == read_answer([body])
    assert read_answer(body) == StowAnswer({"1.2": None, "1.3": 0xB000}, {"1.4": 0xA900, "1.5": 0})


def test_what_stands_in_both_lists_failed():
    assert read_answer(answer([item("1.2")], [item("1.2", reason=1)])).stored == {}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "stored",
        7,
        {},
        {"00081199": {"vr": "SQ"}},
        {"00081199": [1]},
        answer([None, {"00081155": 1}]),
    ],
)
def test_what_is_no_answer_says_nothing_of_any_object(body):
    assert read_answer(body) == StowAnswer()
