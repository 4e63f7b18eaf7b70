"""Certificates of a cluster: an authority of its own, and a certificate for each machine.

References
----------
RFC 5280.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from daemon.errors import BadDataError, CannotCreateError

AUTHORITY: Final = "ca"
_AUTHORITY_DAYS: Final = 3650
_EARLIER: Final = timedelta(minutes=5)  # clocks differ


def make_certificates(folder: Path, names: list[str], days: int) -> list[Path]:
    """Make an authority, if there is none, and a certificate with its key for each name.

    Parameters
    ----------
    folder : Path
        Made if it is not there; holds ``ca.pem``, ``ca-key.pem``, ``NAME.pem`` and ``NAME-key.pem``.
    names : list of str
        Of the machines; they say which file belongs where, and nothing hangs on them.
    days : int
        For which the certificates of machines hold.

    Returns
    -------
    list of Path
        What was made.

    Raises
    ------
    CannotCreateError
        A file of that name is there already: nothing is replaced.
    BadDataError
        The authority that is there is half of one, or not readable.
    OSError
        A file cannot be written.
    """
    for name in names:
        for path in _paths(folder, name):
            if path.exists():
                raise CannotCreateError(f"{path} is there already, and is not replaced: take it away first")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, key, made = _authority(folder)
    for name in names:
        own_key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _begun(name, days)
            .issuer_name(authority.subject)
            .public_key(own_key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_others=False), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        made += _write(folder, name, certificate, own_key)
    return made


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey, list[Path]]:
    """Read the authority of a folder, or make one."""
    certificate_file, key_file = _paths(folder, AUTHORITY)
    if certificate_file.exists() != key_file.exists():
        raise BadDataError(f"the authority in {folder} is half of one: {certificate_file} and {key_file}")
    if certificate_file.exists():
        try:
            certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
            key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise BadDataError(f"the authority in {folder} cannot be read: {error}") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise BadDataError(f"the key in {key_file} is none of ours")
        return certificate, key, []
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _begun("inboxray cluster", _AUTHORITY_DAYS)
        .issuer_name(_named("inboxray cluster"))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_others=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate, key, _write(folder, AUTHORITY, certificate, key)


def _begun(name: str, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_others,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _paths(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.pem", folder / f"{name}-key.pem"


def _write(
    folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> list[Path]:
    certificate_file, key_file = _paths(folder, name)
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for path, content, mode in (
        (key_file, plain, 0o600),
        (certificate_file, certificate.public_bytes(serialization.Encoding.PEM), 0o644),
    ):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    return [certificate_file, key_file]
