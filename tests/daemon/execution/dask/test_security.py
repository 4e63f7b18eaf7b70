import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from daemon.errors import ConfigurationError
from daemon.execution.dask.security import security_for


@pytest.fixture
def files(tmp_path):
    made = [tmp_path / name for name in ("ca.pem", "a.pem", "a-key.pem")]
    for path in made:
        path.write_text("x")
    return made


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
