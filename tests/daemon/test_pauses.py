import errno
from datetime import datetime

import pytest
from structlog.testing import capture_logs

from daemon.pauses import Pauses


def test_a_pause_is_told_once_and_ends_once():
    reported = []
    pauses = Pauses(lambda: reported.append(pauses.any))
    with capture_logs() as logs:
        pauses.pause("database", "unavailable")
        pauses.pause("database", "unavailable")
        assert pauses.any
        assert pauses.has("database")
        assert not pauses.has("disk")
        pauses.resume("database")
        pauses.resume("database")
    assert not pauses.any
    assert reported == [True, False]
    assert [line["event"] for line in logs] == ["intake_paused", "intake_resumed"]


def test_the_log_says_what_to_do_where_that_is_known():
    with capture_logs() as logs:
        for reason, cause, remedy in (
            ("database", "connection_refused", "see that the server runs"),
            ("disk", "ENOSPC", None),
        ):
            Pauses().pause(reason, cause, remedy)
        Pauses().pause("database", "unavailable")
    assert [line.get("remedy") for line in logs] == [
        "see that the server runs",
        "make room on the spool's disk",
        None,
    ]


def test_one_reason_that_ends_leaves_the_other():
    pauses = Pauses()
    pauses.pause("database", "unavailable")
    pauses.pause("disk", "ENOSPC")
    pauses.resume("database")
    assert pauses.any
    assert list(pauses.listed()) == ["disk"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EXDEV])
def test_what_the_disk_says_is_a_reason(number):
    pauses = Pauses()
    with capture_logs() as logs:
        pauses.for_disk(OSError(number, "no", "/inbox/Meyer^Anna.dcm"))
    assert pauses.has("disk")
    assert logs[0]["cause"] == errno.errorcode[number]
    assert "Meyer" not in str(logs)


@pytest.mark.parametrize("number", [errno.EACCES, errno.ENOENT, errno.EPERM, None])
def test_what_is_one_files_fault_is_none(number):
    pauses = Pauses()
    pauses.for_disk(OSError(number, "no"))
    assert not pauses.any


def test_a_pause_is_listed_with_its_cause_and_since_when():
    pauses = Pauses()
    pauses.pause("disk", "ENOSPC")
    listed = pauses.listed()
    assert listed["disk"]["cause"] == "ENOSPC"
    assert datetime.fromisoformat(listed["disk"]["since"]).tzinfo is not None


def test_what_is_lacking_for_decoding_pauses_with_what_to_do_until_it_is_there():
    pauses = Pauses()
    with capture_logs() as logs:
        assert pauses.lasting("decoding") is None
        pauses.for_decoding("EAGAIN")
        lasting = pauses.lasting("decoding")
        assert lasting is not None
        assert lasting.cause == "EAGAIN"
        assert lasting.seconds >= 0
        pauses.for_decoding(None)
        assert pauses.lasting("decoding") is None
    assert not pauses.any
    assert "TasksMax" in logs[0]["remedy"]
