"""Why TLS could not be agreed on with a peer that connected, and what to do about it.

References
----------
RFC 8446 6.2 Error Alerts.
"""

import ssl
from typing import Final

from daemon.errors import errno_name

_NO_CERTIFICATE: Final = "PEER_DID_NOT_RETURN_A_CERTIFICATE"
_NOT_TLS: Final = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNKNOWN_PROTOCOL"}
)
_TLS_HANDSHAKE: Final = 0x16
"""First byte of a peer that uses TLS at a port without it."""


def explain_handshake(error: OSError) -> tuple[str, str]:
    """Say what went wrong in a handshake.

    Parameters
    ----------
    error : OSError

    Returns
    -------
    tuple of (str, str)
        What happened, and what to do.
    """
    if isinstance(error, TimeoutError):
        return "no handshake in time", "check that the peer uses TLS for this port"
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"the peer's certificate is not accepted: {error.verify_message.rstrip('.')}",
            "renew it on the peer, or name its authority in tls_authorities_file",
        )
    reason = getattr(error, "reason", None) or errno_name(error)
    if reason == _NO_CERTIFICATE:
        return (
            "the peer shows no certificate",
            "give it one of an authority in tls_authorities_file; receive_tls_clients = false asks for none",
        )
    if "ALERT" in reason:
        return (
            f"the peer refuses our certificate ({reason})",
            "check tls_certificate_file: its time, its authority, and the name by which the peer calls us",
        )
    if reason in _NOT_TLS:
        return (
            "the peer does not use TLS",
            "switch it on there, or have it send to the port of receive_listen",
        )
    return (
        f"no TLS can be agreed on ({reason})",
        "check that the peer knows TLS 1.2 or later, and takes our certificate (tls_certificate_file)",
    )


def explain_first_byte(first: int) -> tuple[str, str]:
    """Say what a peer may have meant that began with no PDU.

    Parameters
    ----------
    first : int

    Returns
    -------
    tuple of (str, str)
        What happened, and what to do.
    """
    if first == _TLS_HANDSHAKE:
        return "the peer uses TLS", "switch it off there, or have it send to the port of receive_tls_listen"
    return "the peer does not use DICOM", "check its host and port: who connects there?"
