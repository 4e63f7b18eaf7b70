"""The places of an export are looked at first; the whole: `tests/daemon/cli/test_export_dicom.py`."""

from pathlib import Path

import pytest

from daemon.errors import UsageError
from daemon.network.sharing.export_dicom import _check_places


@pytest.mark.parametrize(
    ("out", "key"), [("spool/inbox", "key"), ("spool", "key"), ("out", "out/key"), ("out", "out/a/../key")]
)
def test_a_folder_in_the_spool_and_a_key_in_the_folder_are_refused(tmp_path, out, key):
    with pytest.raises(UsageError):
        _check_places(tmp_path / "spool", tmp_path / out, tmp_path / key)


def test_others_are_fine_also_beside_links(tmp_path):
    (tmp_path / "spool").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "spool")
    _check_places(tmp_path / "spool", tmp_path / "out", tmp_path / "spool/key")
    with pytest.raises(UsageError):
        _check_places(tmp_path / "spool", Path(tmp_path / "link/out"), tmp_path / "key")
