"""TLS between peers and us: whom we believe, and who we are.

References
----------
PS3.15 B.12 BCP 195 TLS Secure Transport Connection Profile.
"""

import ssl
from typing import TYPE_CHECKING

from daemon.errors import ConfigurationError, errno_name

if TYPE_CHECKING:
    from daemon.settings.fields import Settings


def client_context(settings: "Settings") -> ssl.SSLContext:
    """Make what TLS connections to peers begin with.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    ssl.SSLContext
        It checks the certificate of a peer, and its name.

    Raises
    ------
    ConfigurationError
        A file of certificates or keys cannot be used; the message names its setting.
    """
    try:
        context = ssl.create_default_context(cafile=settings.tls_authorities_file)
    except (OSError, ssl.SSLError) as error:
        raise _unusable("tls_authorities_file", error, "certificates (PEM)") from None
    if settings.tls_key_file is not None and settings.tls_certificate_file is None:
        raise ConfigurationError("tls_key_file is a key without a certificate: set tls_certificate_file, too")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _show_own(context, settings)
    return context


def server_context(settings: "Settings") -> ssl.SSLContext:
    """Make what TLS connections of peers that come to us begin with.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    ssl.SSLContext
        It checks the certificate of a peer, unless `receive_tls_clients` is false.

    Raises
    ------
    ConfigurationError
        There is no certificate to show, or no authority to know peers by; or a file cannot be used.
    """
    if settings.tls_certificate_file is None:
        raise ConfigurationError(
            "receive_tls_listen takes peers by TLS, and there is no certificate to show them: set "
            "tls_certificate_file, and tls_key_file if the key is in another file"
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _show_own(context, settings)
    if not settings.receive_tls_clients:
        return context
    if settings.tls_authorities_file is None:  # those of the system vouch for anyone who has a web server
        raise ConfigurationError(
            "receive_tls_clients takes only peers with a certificate, and no authority is named by which "
            "they are known: set tls_authorities_file, or receive_tls_clients = false to take any by TLS"
        )
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_verify_locations(settings.tls_authorities_file)
    except (OSError, ssl.SSLError) as error:
        raise _unusable("tls_authorities_file", error, "certificates (PEM)") from None
    return context


def _show_own(context: ssl.SSLContext, settings: "Settings") -> None:
    if settings.tls_certificate_file is None:
        return
    try:
        context.load_cert_chain(settings.tls_certificate_file, settings.tls_key_file, _no_password)
    except (OSError, ssl.SSLError, ValueError) as error:
        wanted = "a certificate and its own key (PEM, without a password)"
        raise _unusable("tls_certificate_file or tls_key_file", error, wanted) from None


def _no_password() -> str:
    """Refuse a key with a password: the library would ask for it on the terminal."""
    raise ValueError


def _unusable(setting: str, error: Exception, wanted: str) -> ConfigurationError:
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
        reason = errno_name(error)
    else:
        reason = getattr(error, "reason", None) or "a password is wanted"
    return ConfigurationError(f"the file of {setting} cannot be used ({reason}): {wanted} are wanted")
