"""Who may connect in a cluster: those with a certificate of its own authority, or, on loopback, everyone."""

from pathlib import Path
from urllib.parse import urlsplit

from distributed.security import Security

from daemon.errors import ConfigurationError

__all__ = ["Security", "security_for"]


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
        The address is malformed; it is unencrypted and not of loopback; a file is not named, or cannot be
        read.
    """
    scheme, host = _parts(address)
    if scheme == "tcp":
        if host not in ("127.0.0.1", "localhost", "::1"):
            raise ConfigurationError(
                f"{address} is not encrypted, and Dask runs what it is sent: name the scheduler as "
                "tls://HOST:PORT, with certificates of `inboxray cluster certificates`"
            )
        return None
    for name, path in (("dask_ca_file", ca), ("dask_certificate_file", certificate), ("dask_key_file", key)):
        if path is None:
            raise ConfigurationError(
                f"{address} needs {name}: make certificates with `inboxray cluster certificates`"
            )
        try:
            path.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"{name} cannot be read ({error.strerror}): {path}") from None
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
