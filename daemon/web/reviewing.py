"""Reviews from the page: the one thing that it can add, and only if it was started for that."""

from collections.abc import Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from daemon.web.query import BadQueryError
from storage.scan_detail import scan
from storage.vocabulary import MAX_NOTE, VERDICTS

if TYPE_CHECKING:
    from starlette.requests import Request

    from storage.engine import Engine

AddReview = Callable[[str, str, str, str | None], None]
"""Takes a scan's whole id, the verdict, the reviewer and a note, and records the review."""

_LONGEST: Final = 12 * MAX_NOTE + 1000
"""Bytes of a form: a character takes up to twelve."""


class Reviewing:
    """Takes reviews.

    Parameters
    ----------
    engine : Engine
        To look the scan up.
    add : callable
        An `AddReview`.
    reviewer : str or None
        Who reviews, if it is always the same person.
    header : str or None
        The header in which a web server before the page names who asks.
    """

    def __init__(self, engine: "Engine", add: AddReview, reviewer: str | None, header: str | None) -> None:
        self._engine = engine
        self._add = add
        self._reviewer = reviewer
        self._header = header

    def reviewer_of(self, request: "Request") -> str | None:
        """Say who asks.

        Parameters
        ----------
        request : Request

        Returns
        -------
        str or None
            None for a person whom the web server before the page does not name.
        """
        named = request.headers.getlist(self._header) if self._header else []
        if not self._header:
            return self._reviewer
        return _decoded(named[0]).strip() or None if len(named) == 1 else None

    async def review(self, request: "Request") -> Response:
        """Record a review, and lead back to the scan.

        Parameters
        ----------
        request : Request
            With `verdict` and, maybe, `note` as a form sends them.

        Returns
        -------
        Response

        Raises
        ------
        BadQueryError
            The form is malformed, or nothing says who reviews.
        NoSuchScan, AmbiguousScan, NotReviewable
            There is no such scan, or no answer to review.
        """
        form = await _form(request)
        verdict, note = form.get("verdict", ""), form.get("note", "").strip()
        reviewer = self.reviewer_of(request)
        if reviewer is None:
            raise BadQueryError(f"the header {self._header} does not name who reviews: nothing was recorded")
        if verdict not in VERDICTS:
            raise BadQueryError(f"verdict is one of {', '.join(VERDICTS)}")
        if len(note) > MAX_NOTE:
            raise BadQueryError(f"a note has at most {MAX_NOTE} characters")
        detail = await run_in_threadpool(scan, self._engine, request.path_params["scan_id"])
        scan_id = str(detail.scan["scan_id"])
        await run_in_threadpool(self._add, scan_id, verdict, reviewer, note or None)
        return RedirectResponse(f"/scan/{scan_id}#reviews", status_code=303)


def is_of_the_page(scope: MutableMapping[str, Any]) -> bool:
    """Return whether a browser sends a request from the page itself, and not from a site elsewhere.

    Parameters
    ----------
    scope : mapping
        Of the ASGI specification; its Host is one of the page's.

    Returns
    -------
    bool
        False, too, for what is no browser: it has `inboxray review`.

    References
    ----------
    Fetch Metadata Request Headers, W3C: Sec-Fetch-Site; RFC 6454: Origin.
    """
    headers = {name.lower(): value.decode("latin-1").lower() for name, value in scope["headers"]}
    if (site := headers.get(b"sec-fetch-site")) is not None:
        return bool(site == "same-origin")
    origin = headers.get(b"origin")
    try:
        return origin is not None and urlsplit(origin).netloc == headers.get(b"host")
    except ValueError:
        return False


def _decoded(value: str) -> str:
    """Read a header's value as UTF-8, which web servers write; the specification has Latin-1."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return value


async def _form(request: "Request") -> dict[str, str]:
    """Read what a form sends, up to a bound."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > _LONGEST:
            raise BadQueryError("the form holds too much")
    try:
        fields = parse_qs(content.decode("ascii"), max_num_fields=8, encoding="utf-8", errors="strict")
    except ValueError:
        raise BadQueryError("the form is malformed") from None
    return {name: values[-1] for name, values in fields.items()}
