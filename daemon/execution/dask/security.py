"""Who may connect in a cluster: those with a certificate of its own authority, or, on loopback, everyone."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog
from cryptography import x509
from distributed.security import Security

from daemon.errors import ConfigurationError

__all__ = ["Security", "security_for"]

_SOON: Final = timedelta(days=30)

_log = structlog.get_logger()


def security_for(
    address: str, ca: Path | None, certificate: Path | None, key: Path | None
) -> Security | None:
    """Make what Dask needs to encrypt, and to refuse those without a certificate.

    Parameters
    ----------
    address : str
        ``tls://HOST:PORT`` or ``tcp://HOST:PORT``.
    ca, certificate, key : Path or None
        PEM files: the cluster's authority; this machine's certificate and its key.

    Returns
    -------
    distributed.Security or None
        None for ``tcp://``.

    Raises
    ------
    ConfigurationError
        The address is malformed; it is unencrypted and not of loopback; a file is not named, cannot be
        read, or is not what it should be; the certificate has ended.
    """
    scheme, host = _parts(address)
    if scheme == "tcp":
        if host not in ("127.0.0.1", "localhost", "::1"):
            raise ConfigurationError(
                f"{address} is not encrypted, and Dask runs what it is sent: name the scheduler as "
                "tls://HOST:PORT, with certificates of `inboxray cluster certificates`"
            )
        return None
    authority = _named("dask_ca_file", ca, address)
    own, own_key = (
        _named("dask_certificate_file", certificate, address),
        _named("dask_key_file", key, address),
    )
    _refuse_unfit(authority, own, own_key)
    _refuse_ended(own)
    return Security(
        require_encryption=True,
        tls_ca_file=str(ca),
        tls_client_cert=str(certificate),
        tls_client_key=str(key),
        tls_scheduler_cert=str(certificate),
        tls_scheduler_key=str(key),
        tls_worker_cert=str(certificate),
        tls_worker_key=str(key),
    )


def _named(name: str, path: Path | None, address: str) -> Path:
    if path is None:
        raise ConfigurationError(
            f"{address} needs {name}: make certificates with `inboxray cluster certificates`"
        )
    try:
        path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{name} cannot be read ({error.strerror}): {path}") from None
    return path


def _refuse_unfit(ca: Path, certificate: Path, key: Path) -> None:
    """Find out now what else each connection would: Dask asks for a password on the terminal, or tries on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(ca)
    except ssl.SSLError:
        raise ConfigurationError(f"dask_ca_file holds no certificate: {ca}") from None
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")
    except ssl.SSLError:
        raise ConfigurationError(
            f"dask_certificate_file and dask_key_file are no certificate and its key without a password: "
            f"{certificate}, {key}"
        ) from None


def _refuse_ended(certificate: Path) -> None:
    """Refuse a certificate that has ended, and warn of one that soon will."""
    ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    left = ends - datetime.now(UTC)
    if left <= timedelta(0):
        raise ConfigurationError(
            f"the certificate ended on {ends:%Y-%m-%d}: make another with `inboxray cluster certificates`, "
            f"and name it as dask_certificate_file: {certificate}"
        )
    if left < _SOON:
        _log.warning("certificate_ends_soon", ends=f"{ends:%Y-%m-%d}", days=left.days)


def _parts(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        if parts.scheme in ("tcp", "tls") and parts.hostname and parts.port:
            return parts.scheme, parts.hostname
    except ValueError:
        pass
    raise ConfigurationError(
        f"{address!r} is no address of a scheduler: tls://HOST:PORT, or tcp:// on loopback"
    )
