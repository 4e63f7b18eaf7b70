"""Where the files of the service come from, and which environment its units name."""

import sys
from pathlib import Path

import pytest

from daemon.errors import ConfigurationError
from daemon.installation import service_files, this_environment

ROOT = Path(__file__).resolve().parents[2]


def test_in_the_source_the_files_are_those_of_systemd():
    assert service_files() == ROOT / "systemd"


def test_in_an_installation_they_are_those_that_shipped(tmp_path):
    for folder in ("daemon/service_files", "systemd"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "service.sh").touch()
    assert service_files(tmp_path / "daemon") == tmp_path / "daemon" / "service_files"


def test_an_installation_without_them_says_what_to_do(tmp_path):
    with pytest.raises(ConfigurationError, match="install inboxray again"):
        service_files(tmp_path / "daemon")


def test_an_environment_within_a_root_is_named_as_it_will_be_there(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "opt" / "inboxray"))
    assert this_environment(tmp_path) == Path("/opt/inboxray")
    assert this_environment(None) == tmp_path / "opt" / "inboxray"
    assert this_environment(tmp_path / "elsewhere") == tmp_path / "opt" / "inboxray"
