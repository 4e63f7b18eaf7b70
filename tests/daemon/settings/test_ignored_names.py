import fnmatch

import pytest

from daemon.settings.ignored_names import DEFAULT_IGNORE


def is_ignored(name):
    return any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for pattern in DEFAULT_IGNORE)


@pytest.mark.parametrize(
    "name",
    [
        "a.dcm.part",
        "a.partial",
        "a.crdownload",
        "a.TMP",
        "~a.dcm",
        "._a.dcm",
        "Thumbs.db",
        "a.dcm.reason.json",
    ],
)
def test_what_programs_still_write_or_keep_for_themselves_is_left_alone(name):
    assert is_ignored(name)


@pytest.mark.parametrize("name", ["a.dcm", "IM0001", "a.part.dcm", "1.2.3.4", "thumbs.dcm"])
def test_a_scan_is_claimed(name):
    assert not is_ignored(name)
