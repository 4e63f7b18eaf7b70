"""What stands before each request of the page: under which name, how, and what a browser may do then."""

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Final

from daemon.web.reviewing import is_of_the_page

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

_READING: Final = ("GET", "HEAD")
_POLICY: Final = (
    b"default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; form-action 'self'; "
    b"base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # without any, a form of the page comes from "null"
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_PRIVATE: Final = (b"cache-control", b"no-store")


class Guard:
    """An ASGI application before another.

    A page of another site could make a browser ask this one under a name of its own (DNS rebinding), so the
    name that was asked for has to be one of ours.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    hosts : frozenset of str
        Names that the header Host may have, small letters, without a port.
    may_post : bool
        Forms of the page itself may be sent.
    """

    def __init__(self, app: "ASGIApp", hosts: frozenset[str] = LOOPBACK, *, may_post: bool = False) -> None:
        self._app = app
        self._hosts = hosts
        self._methods = (*_READING, "POST") if may_post else _READING

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer one request, or refuse it; see the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *_HEADERS]
                if all(name.lower() != b"cache-control" for name, _ in headers):
                    headers.append(_PRIVATE)
                message = {**message, "headers": headers}
            await send(message)

        if scope["method"] not in self._methods:
            await _refuse(405, "this page is for reading only", send_with_headers)
        elif host_of(scope) not in self._hosts:
            text = "this page does not answer under that name: name it with --host when the page is started"
            await _refuse(421, text, send_with_headers)
        elif scope["method"] == "POST" and not is_of_the_page(scope):
            text = "reviews are taken from the page itself alone; without a browser: inboxray review"
            await _refuse(403, text, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)


def host_of(scope: MutableMapping[str, Any]) -> str:
    """Return the name that a request asked for.

    Parameters
    ----------
    scope : mapping
        Of the ASGI specification.

    Returns
    -------
    str
        Small letters, without a port; empty if there is not exactly one.
    """
    named = [value for name, value in scope["headers"] if name.lower() == b"host"]
    if len(named) != 1:
        return ""
    host: str = named[0].decode("latin-1").lower()
    if host.startswith("["):
        return host[: host.find("]") + 1]
    return host.partition(":")[0]


async def _refuse(status: int, text: str, send: Any) -> None:
    content = text.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
