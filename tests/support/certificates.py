"""Certificates of an authority of the tests: for 127.0.0.1, for a client, and one that has expired."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate and its key, each a file."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates.

    Parameters
    ----------
    folder : Path
        For its files; made.
    """

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir()
        self.certificate = folder / "authority.pem"
        self._key = folder / "authority.key"
        _openssl(
            "req", "-x509", *_KEY, "-nodes", "-subj", "/CN=authority", "-days", "30",
            "-keyout", self._key, "-out", self.certificate,
        )  # fmt: skip

    def sign(self, name, *, days=30):
        """Make a certificate for loopback; with days below 0 it has expired."""
        request, made = self._folder / f"{name}.csr", self._folder / f"{name}.pem"
        key, extensions = self._folder / f"{name}.key", self._folder / f"{name}.ext"
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        _openssl("req", *_KEY, "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
            "-days", str(days), "-extfile", extensions, "-out", made,
        )  # fmt: skip
        return Certified(made, key)


def _openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)
