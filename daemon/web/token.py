"""A secret that the page asks for, where more than its own readers can reach its port."""

import base64
import binascii
import hmac
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from daemon.errors import ConfigurationError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_LEAST_CHARACTERS: Final = 22
"""What 16 random bytes have in base64: fewer can be guessed."""

_LONGEST: Final = 4096
_OTHERS: Final = 0o027  # whom it is not for: who writes with its group, and all others
_TEXT: Final = b"this page asks for its token: as a password, with any name before it, or as a bearer token\n"
_HEADERS: Final = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"content-length", b"%d" % len(_TEXT)),
    (b"cache-control", b"no-store"),
    (b"www-authenticate", b'Basic realm="inboxray", charset="UTF-8"'),
    (b"www-authenticate", b'Bearer realm="inboxray"'),
)


def read_token(path: Path) -> bytes:
    """Read the secret from its file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bytes

    Raises
    ------
    ConfigurationError
        The file cannot be read, is open to others, or holds what can be guessed.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            token = file.read(_LONGEST + 1).strip()
    except OSError as error:
        raise ConfigurationError(
            f"cannot read the token file {path}: {error.strerror}. "
            "Let the page's user read it, or name another"
        ) from error
    if mode & _OTHERS:
        raise ConfigurationError(
            f"others may read or change the token file {path}: chmod g-w,o= {path}, "
            "and make a new token if that may have happened"
        )
    if not _LEAST_CHARACTERS <= len(token) <= _LONGEST or len(token.split()) != 1:
        raise ConfigurationError(
            f"the token file {path} holds no word of {_LEAST_CHARACTERS} characters or more, and less can be "
            "guessed: make one by `openssl rand -base64 24`"
        )
    return token


class TokenGate:
    """An ASGI application before another, that lets in who has the token.

    A browser asks its user for a name and a password: the token is the password, and the name is not looked
    at. Programs may send it as a bearer token. No cookie is set, so nothing of it is kept.

    Parameters
    ----------
    app : ASGI application
    token : bytes

    References
    ----------
    RFC 7617 (Basic), RFC 6750 (Bearer)
    """

    def __init__(self, app: "ASGIApp", token: bytes) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Pass one request on, or ask for the token; see the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        shown = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
        if len(shown) == 1 and hmac.compare_digest(_token_in(shown[0]), self._token):
            await self._app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 401, "headers": [*_HEADERS]})
        await send({"type": "http.response.body", "body": _TEXT})


def _token_in(shown: bytes) -> bytes:
    scheme, _, value = shown.partition(b" ")
    if scheme.lower() == b"bearer":
        return value.strip()
    if scheme.lower() == b"basic":
        try:
            return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
        except binascii.Error:
            return b""
    return b""
