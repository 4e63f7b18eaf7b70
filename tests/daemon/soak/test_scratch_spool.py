"""The spool of a soak is nobody's."""

import pytest

from daemon.errors import CannotCreateError
from daemon.soak.scratch_spool import scratch_spool


def test_a_folder_that_holds_something_is_refused_and_stays(tmp_path):
    (tmp_path / "inbox").mkdir()
    with (
        pytest.raises(CannotCreateError, match="needs an empty spool"),
        scratch_spool(tmp_path, keep=lambda: False),
    ):
        pass
    assert (tmp_path / "inbox").is_dir()


def test_it_is_removed_or_kept_as_was_decided_in_the_end(tmp_path):
    with scratch_spool(tmp_path / "gone", keep=lambda: False) as spool:
        assert spool.inbox.is_dir()
    assert not spool.root.exists()
    with scratch_spool(tmp_path / "kept", keep=lambda: True) as spool:
        pass
    assert spool.inbox.is_dir()
