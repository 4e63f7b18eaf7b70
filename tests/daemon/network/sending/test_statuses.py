import pytest

from daemon.network.sending.failure import PeerFailed, Verdict
from daemon.network.sending.statuses import judge_status


@pytest.mark.parametrize("status", [0x0000, 0x0111])
def test_success_and_what_is_there_already_are_stored(status):
    assert judge_status(status).verdict is Verdict.STORED
    assert judge_status(status).warning is None


@pytest.mark.parametrize("status", [0xB000, 0xB006, 0xB007, 0x0107])
def test_a_warning_counts_as_stored_and_is_told(status):
    assert (judge_status(status).verdict, judge_status(status).warning) == (Verdict.STORED, status)


@pytest.mark.parametrize("status", [0x0122, 0x0117, 0xA900, 0xA9FF, 0xC000, 0xC123])
def test_what_is_refused_for_good_says_why(status):
    answer = judge_status(status)

    assert answer.verdict is Verdict.REFUSED
    assert f"0x{status:04X}" in answer.failure.error


@pytest.mark.parametrize(("status", "step"), [(0xA700, "store"), (0xA7FF, "store"), (0x0124, "authorise")])
def test_a_full_disk_and_a_lack_of_rights_hold_up_all_objects(status, step):
    with pytest.raises(PeerFailed) as failed:
        judge_status(status)

    assert failed.value.failure.step == step


@pytest.mark.parametrize("status", [0x0110, 0x0211, 0x1234])
def test_what_nobody_foresaw_is_tried_again(status):
    assert judge_status(status).verdict is Verdict.NOT_NOW
