"""The archive of a rehearsal is for this machine alone, and forwards to the receiver."""

import pytest

from daemon.errors import DaemonAwayError
from daemon.network.rehearsal import archive as module
from daemon.network.rehearsal.archive import Archive, configuration, running


def test_it_answers_this_machine_alone_and_knows_the_receiver(tmp_path):
    settings = configuration(tmp_path, "INBOXRAY", 11112)
    assert settings["RemoteAccessAllowed"] is False
    assert settings["DicomModalities"] == {
        "inboxray": ["INBOXRAY", "127.0.0.1", 11112],
        "sender": ["INBOXRAY_SEND", "127.0.0.1", 11113],
    }
    assert str(tmp_path) in settings["StorageDirectory"]


def test_one_that_is_not_there_forwards_nothing(monkeypatch):
    monkeypatch.setattr(module, "_HTTP", "http://127.0.0.1:9")
    assert not Archive().answers()
    assert not Archive().forward("1.2.3")
    assert Archive().file("1.2.3") is None
    assert Archive().picture("1.2.3") is None


def test_one_that_ends_at_once_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_HTTP", "http://127.0.0.1:9")
    monkeypatch.setattr(module, "PROGRAM", "false")
    with pytest.raises(DaemonAwayError, match="did not come up"), running(tmp_path / "a", "INBOXRAY", 11112):
        pass
