from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from daemon.errors import ConfigurationError
from daemon.execution.dask.certificates import make_certificates
from daemon.execution.dask.security import security_for


@pytest.fixture
def files(tmp_path):
    make_certificates(tmp_path, ["a"], 90)
    return [tmp_path / name for name in ("ca.pem", "a.pem", "a-key.pem")]


def test_certificates_are_asked_of_everyone(files):
    made = security_for("tls://10.0.0.1:8786", *files)
    assert made.require_encryption
    assert made.tls_ca_file == str(files[0])


def test_on_loopback_it_may_be_open():
    assert security_for("tcp://127.0.0.1:8786", None, None, None) is None


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("tcp://10.0.0.1:8786", "is not encrypted"),
        ("tls://10.0.0.1:8786", "needs dask_ca_file"),
        ("http://10.0.0.1:8786", "is no address of a scheduler"),
        ("tls://10.0.0.1", "is no address of a scheduler"),
        ("tls://[::1:8786", "is no address of a scheduler"),
        ("tls://10.0.0.1:x", "is no address of a scheduler"),
        ("", "is no address of a scheduler"),
    ],
)
def test_what_would_let_others_in_is_refused(address, words):
    with pytest.raises(ConfigurationError, match=words):
        security_for(address, None, None, None)


def test_a_file_that_cannot_be_read_is_named(files):
    files[2].unlink()
    with pytest.raises(ConfigurationError, match="dask_key_file cannot be read"):
        security_for("tls://10.0.0.1:8786", *files)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "dask_ca_file holds no certificate"),
        (1, "no certificate and its key"),
        (2, "no certificate and its key"),
    ],
)
def test_what_is_no_certificate_is_said_at_the_start(files, number, words):
    """Break it: leave it to Dask. Each try to connect then fails, with the words of OpenSSL."""
    files[number].write_text("x")
    with pytest.raises(ConfigurationError, match=words):
        security_for("tls://10.0.0.1:8786", *files)


def test_a_key_of_another_certificate_is_refused(files, tmp_path):
    make_certificates(tmp_path, ["b"], 90)
    with pytest.raises(ConfigurationError, match="no certificate and its key"):
        security_for("tls://10.0.0.1:8786", *files[:2], tmp_path / "b-key.pem")


def test_a_certificate_that_ended_is_refused_and_one_that_soon_will_is_told_of(files, tmp_path, monkeypatch):
    """Break it: do not look. The cluster stops on a day that nobody expected."""
    make_certificates(tmp_path, ["soon"], 7)
    soon = (files[0], tmp_path / "soon.pem", tmp_path / "soon-key.pem")
    with capture_logs() as logs:
        security_for("tls://10.0.0.1:8786", *files)
        security_for("tls://10.0.0.1:8786", *soon)
    assert [(one["event"], one["days"]) for one in logs] == [("certificate_ends_soon", 6)]

    class Later(datetime):
        @classmethod
        def now(cls, zone):
            return super().now(zone) + timedelta(days=8)

    monkeypatch.setattr("daemon.execution.dask.security.datetime", Later)
    with pytest.raises(ConfigurationError, match="the certificate ended on"):
        security_for("tls://10.0.0.1:8786", *soon)
