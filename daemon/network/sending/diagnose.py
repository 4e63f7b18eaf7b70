"""Why a peer cannot be reached: the steps of a connection, one after the other.

Libraries say little more than that it failed. So the steps are taken again by hand: the name, the port, and
the handshake of TLS.

References
----------
getaddrinfo(3), connect(2), RFC 8446 6.2 Error Alerts.
"""

import errno
import socket
import ssl
from typing import Final

from daemon.errors import errno_name
from daemon.network.sending.failure import Failure

_ALERT_S: Final = 1.0
"""A peer that refuses our certificate says so after the handshake; one that does not waits for us."""
_REMEDIES: Final = {
    errno.ECONNREFUSED: "nothing listens on that port: check the port, and whether the peer runs",
    errno.ENETUNREACH: "there is no way to that network: check the route",
    errno.EHOSTUNREACH: "there is no way to that machine: check the route, and whether it runs",
    errno.EPERM: "a rule of this machine forbids it: under systemd allow the peer's address by "
    "IPAddressAllow= (systemctl edit inboxray-send)",
    errno.EACCES: "a rule of this machine forbids it: under systemd allow the peer's address by "
    "IPAddressAllow= (systemctl edit inboxray-send)",
}


def diagnose(host: str, port: int, *, timeout_s: float, tls: ssl.SSLContext | None) -> Failure | None:
    """Take the steps of a connection, and say which one fails.

    Parameters
    ----------
    host : str
    port : int
    timeout_s : float
        For each step, seconds.
    tls : ssl.SSLContext or None

    Returns
    -------
    Failure or None
        None if a connection can be made.
    """
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        return Failure(
            "resolve",
            f"the name {host} has no address",
            "check the spelling, and the name server (`getent hosts NAME`)",
        )
    try:
        connection = socket.create_connection((host, port), timeout=timeout_s)
    except TimeoutError:
        return Failure(
            "connect",
            f"no answer from port {port} of {host} within {timeout_s:g} s",
            "check the address, and whether a firewall drops it",
        )
    except OSError as error:
        return Failure(
            "connect",
            f"port {port} of {host} cannot be reached ({errno_name(error)})",
            _REMEDIES.get(error.errno or 0, "check the address, and the network"),
        )
    with connection:
        return None if tls is None else _handshake(connection, host, tls, timeout_s)


def _handshake(connection: socket.socket, host: str, tls: ssl.SSLContext, timeout_s: float) -> Failure | None:
    try:
        with tls.wrap_socket(connection, server_hostname=host) as secured:
            secured.settimeout(min(_ALERT_S, timeout_s))
            secured.recv(1)
    except TimeoutError:
        return None
    except ssl.SSLCertVerificationError as error:
        return Failure(
            "tls",
            f"the peer's certificate is not accepted: {error.verify_message.rstrip('.')}",
            "renew it on the peer, address the peer by the name in it, or name its authority in "
            "tls_authorities_file",
        )
    except ssl.SSLError as error:
        if "ALERT" in (error.reason or ""):
            return Failure(
                "tls",
                f"the peer refuses our certificate, or that we have none ({error.reason})",
                "check tls_certificate_file: is it still valid, and does the peer know its authority?",
            )
        return Failure(
            "tls",
            f"no TLS can be agreed on ({error.reason})",
            "check that the peer uses TLS on that port; without TLS its address begins with dicom:// or "
            "http://",
        )
    except OSError as error:
        return Failure(
            "tls",
            f"the peer ended the handshake ({errno_name(error)})",
            "check that the peer uses TLS on that port, and takes our certificate (tls_certificate_file)",
        )
    return None
