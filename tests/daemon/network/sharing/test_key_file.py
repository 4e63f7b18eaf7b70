"""The key is made once, for its owner alone.

Break it: make it anew each time, or readable for the group.
"""

import stat

import pytest

from daemon.errors import ConfigurationError
from daemon.network.sharing.key_file import open_key


def test_it_is_made_once_and_read_again(tmp_path):
    made, is_new = open_key(tmp_path / "key")
    again, is_new_again = open_key(tmp_path / "key")
    assert (made, is_new, is_new_again) == (again, True, False)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
    assert open_key(tmp_path / "other")[0] != made


def test_what_others_may_read_is_refused_and_what_is_short(tmp_path):
    key = tmp_path / "key"
    open_key(key)
    key.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 0600"):
        open_key(key)
    key.chmod(0o600)
    key.write_bytes(b"k" * 31)
    with pytest.raises(ConfigurationError, match="31 bytes"):
        open_key(key)


def test_where_none_can_be_made_it_is_said(tmp_path):
    with pytest.raises(ConfigurationError, match="ENOENT"):
        open_key(tmp_path / "none" / "key")
