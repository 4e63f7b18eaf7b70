"""Asks an ASGI application as a server would, without a socket."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Given:
    """What an application gave."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def text(self):
        return self.content.decode()


def ask(app, url, method="GET", headers=(), content=b""):
    """Ask for `url`, such as ``http://localhost:8070/?page=2``, and send `content` along."""
    parts = urlsplit(url)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": parts.scheme,
        "path": parts.path or "/",
        "raw_path": (parts.path or "/").encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(b"host", parts.netloc.encode()), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    sent = []

    async def receive():
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    head, *rest = sent
    named = {name.decode().lower(): value.decode() for name, value in head["headers"]}
    return Given(head["status"], named, b"".join(message.get("body", b"") for message in rest))
