import re

import pytest

from daemon.settings.fields import Settings
from daemon.spool.reasons import HELPED_BY_A_RETRY, REASONS, REASONS_IN_PLACE
from storage.vocabulary import FAILED_CODES, REJECTED_CODES

AGAIN = "send it again"
ON_ITS_WAY = {"empty_file", "truncated", "unreadable", "bad_pixels"}


def test_every_code_is_explained_in_the_order_of_the_vocabulary():
    assert list(REASONS) == [*REJECTED_CODES, *FAILED_CODES]


@pytest.mark.parametrize("code", REASONS)
def test_what_a_reason_names_is_there(code):
    """A setting that is named exists, and so does a command."""
    named = re.findall(r"`([^`]+)`", REASONS[code])

    assert [name for name in named if not name.startswith("inboxray ")] == [
        name for name in named if name in Settings.model_fields
    ]
    assert not set(re.findall(r"(?<!`)\b[a-z]+(?:_[a-z]+)+\b(?!`)", REASONS[code])), "mark settings by `"


@pytest.mark.parametrize("code", REASONS_IN_PLACE)
def test_of_a_file_read_where_it_lies_nothing_is_said_of_an_inbox(code):
    for word in ("_wait_s", "daemon's user", "kept", "Drop"):
        assert word not in REASONS_IN_PLACE[code]
    assert (AGAIN in REASONS_IN_PLACE[code].lower()) == (code in ON_ITS_WAY)


@pytest.mark.parametrize("code", REASONS)
def test_to_send_again_is_said_only_where_a_copy_may_have_been_spoiled_on_its_way(code):
    assert (AGAIN in REASONS[code].lower()) == (code in ON_ITS_WAY)


def test_what_a_retry_helps_is_of_the_vocabulary_and_each_reason_that_advises_one_is_among_it():
    assert set(REASONS) >= HELPED_BY_A_RETRY
    assert {code for code, reason in REASONS.items() if "try it again" in reason} <= HELPED_BY_A_RETRY
