import stat
import subprocess

import pytest

pytest.importorskip("cryptography", reason="the extra `cluster` is not installed")

from daemon.errors import BadDataError, CannotCreateError
from daemon.execution.dask.certificates import make_certificates


def test_each_machine_has_one_that_the_authority_signed(tmp_path):
    made = make_certificates(tmp_path / "c", ["a", "b"], 30)
    assert [path.name for path in made] == [
        "ca.pem",
        "ca-key.pem",
        "a.pem",
        "a-key.pem",
        "b.pem",
        "b-key.pem",
    ]
    for name in ("a", "b"):
        checked = subprocess.run(
            [
                "openssl",
                "verify",
                "-x509_strict",
                "-CAfile",
                tmp_path / "c/ca.pem",
                tmp_path / f"c/{name}.pem",
            ],
            capture_output=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stderr


def test_keys_are_for_their_owner_alone(tmp_path):
    make_certificates(tmp_path / "c", ["a"], 30)
    for name in ("ca-key.pem", "a-key.pem"):
        assert stat.S_IMODE((tmp_path / "c" / name).stat().st_mode) == 0o600


def test_further_machines_have_the_same_authority(tmp_path):
    make_certificates(tmp_path, ["a"], 30)
    authority = (tmp_path / "ca.pem").read_bytes()
    assert [path.name for path in make_certificates(tmp_path, ["b"], 30)] == ["b.pem", "b-key.pem"]
    assert (tmp_path / "ca.pem").read_bytes() == authority


def test_nothing_is_replaced(tmp_path):
    make_certificates(tmp_path, ["a"], 30)
    before = (tmp_path / "a-key.pem").read_bytes()
    with pytest.raises(CannotCreateError, match="is there already"):
        make_certificates(tmp_path, ["b", "a"], 30)
    assert (tmp_path / "a-key.pem").read_bytes() == before
    assert not (tmp_path / "b.pem").exists()


def test_half_an_authority_is_no_reason_to_make_another(tmp_path):
    make_certificates(tmp_path, ["a"], 30)
    (tmp_path / "ca-key.pem").unlink()
    with pytest.raises(BadDataError, match="half of one"):
        make_certificates(tmp_path, ["b"], 30)


def test_an_authority_that_is_none_is_said_to_be_none(tmp_path):
    (tmp_path / "ca.pem").write_text("x")
    (tmp_path / "ca-key.pem").write_text("x")
    with pytest.raises(BadDataError, match="cannot be read"):
        make_certificates(tmp_path, ["b"], 30)
