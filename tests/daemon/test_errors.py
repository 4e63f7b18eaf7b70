import errno

import pytest

from daemon import errors
from daemon.errors import DaemonError, errno_name


def kinds(root=DaemonError):
    """Give the errors of the daemon: tests that ran before in this process may have made others."""
    found = [root, *(kind for below in root.__subclasses__() for kind in kinds(below))]
    return [kind for kind in found if kind.__module__.startswith("daemon.")]


def test_each_error_has_a_code_of_its_own_and_an_exit_code_of_sysexits():
    named = [kind for kind in kinds() if kind.__module__ == errors.__name__]
    assert len(named) > 8
    assert len({kind.code for kind in named}) == len(named)
    assert all(64 <= kind.exit_code <= 78 for kind in named)


def test_only_what_may_answer_later_is_tried_again():
    assert {kind.code for kind in kinds() if kind.retriable} == {"away", "no_cluster"}


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/spool/Doe^Jane.dcm"), "ENOSPC"),
        (FileNotFoundError(errno.ENOENT, "No such file"), "ENOENT"),
        (OSError("no number"), "EUNKNOWN"),
        (OSError(99_999, "none of ours"), "EUNKNOWN"),
    ],
)
def test_an_error_of_the_system_is_named_without_its_path(error, name):
    assert errno_name(error) == name
