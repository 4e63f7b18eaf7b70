"""What a rehearsal needs is named before it starts; a real one: `tests/daemon/cli/test_rehearse.py`."""

import pytest

from daemon.errors import ConfigurationError, MissingFileError
from daemon.network.rehearsal.rehearse import rehearse


def test_missing_programs_are_named_with_the_line_that_installs_them(tmp_path, monkeypatch):
    file = tmp_path / "a.dcm"
    file.touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="install --no-install-recommends dcmtk orthanc util-linux"):
        rehearse([file])


def test_a_file_that_is_not_there_is_missed(tmp_path):
    with pytest.raises(MissingFileError):
        rehearse([tmp_path / "none.dcm"])
