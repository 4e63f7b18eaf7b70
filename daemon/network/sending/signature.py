"""The signature of a webhook: by it a receiver knows who sent a body, when, and that it is whole.

References
----------
Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA256 over id, time stamp and body.
"""

import base64
import binascii
import hmac
from typing import TYPE_CHECKING, Final

from daemon.errors import ConfigurationError, errno_name

if TYPE_CHECKING:
    from daemon.settings.fields import Settings

_PREFIX: Final = "whsec_"
_LEAST_BYTES: Final = 16


def signed_headers(secret: bytes, message_id: str, moment: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a body.

    Parameters
    ----------
    secret : bytes
    message_id : str
        The same for each try to send the same body.
    moment : int
        Of this try, seconds since 1970.
    body : bytes

    Returns
    -------
    dict of str to str
    """
    signed = f"{message_id}.{moment}.".encode() + body
    signature = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{signature}",
    }


def webhook_secret(settings: "Settings") -> bytes:
    """Return the secret that the settings name.

    Parameters
    ----------
    settings : Settings

    Returns
    -------
    bytes

    Raises
    ------
    ConfigurationError
        It cannot be read, or is too short.
    """
    if settings.webhook_secret_file is None:
        text = "" if settings.webhook_secret is None else settings.webhook_secret.get_secret_value()
        name = "webhook_secret"
    else:
        name = "webhook_secret_file"
        try:
            text = settings.webhook_secret_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = errno_name(error) if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigurationError(f"the file of {name} cannot be read ({why})") from None
    secret = _decoded(text.strip(), name)
    if len(secret) < _LEAST_BYTES:
        raise ConfigurationError(
            f"the secret of {name} has {len(secret)} bytes, at least {_LEAST_BYTES} are needed, for a short "
            "one can be guessed: make one by `openssl rand -base64 24`, with whsec_ before it"
        )
    return secret


def _decoded(text: str, name: str) -> bytes:
    if not text.startswith(_PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ConfigurationError(
            f"the secret of {name} begins with {_PREFIX}, and what follows is no base64: make one by "
            "`openssl rand -base64 24`"
        ) from None
