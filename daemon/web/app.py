"""The application of the page: what is at which address."""

from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from daemon.errors import BadDataError, DaemonError, MissingFileError
from daemon.web.guard import LOOPBACK, Guard
from daemon.web.pages import Pages
from daemon.web.query import BadQueryError
from daemon.web.reviewing import Reviewing
from daemon.web.scan_pictures import ScanPictures
from storage.errors import AmbiguousScan, NoSuchScan, NotReviewable, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp

    from daemon.spool.folders import Spool
    from daemon.web.drawings import Drawings
    from storage.engine import Engine

_STATIC: Final = {
    "page.css": "text/css",
    "list.js": "text/javascript",
    "viewer.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}


class _Frame(Convertor[int]):
    """The number of a frame in an address."""

    regex = "[1-9][0-9]{0,5}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("frame", _Frame())


def make_app(
    engine: "Engine",
    spool: "Spool",
    drawings: "Drawings",
    hosts: frozenset[str] = frozenset(),
    *,
    reviewing: Reviewing | None = None,
    clock: "Callable[[], datetime]" = lambda: datetime.now(UTC),
) -> "ASGIApp":
    """Make the application.

    Parameters
    ----------
    engine : Engine
        Read-only.
    spool : Spool
    drawings : Drawings
    hosts : frozenset of str
        Names that it may be asked for under, besides those of this machine's loopback.
    reviewing : Reviewing, optional
        Takes reviews; without, the page is for reading only.
    clock : callable
        Returns the time, aware.

    Returns
    -------
    ASGI application
    """
    pages, pictures = Pages(engine, spool, reviewing, clock), ScanPictures(engine, drawings)
    frame = "/scan/{scan_id}/{frame:frame}"
    routes = [
        Route("/", pages.worklist),
        Route("/studies", pages.studies),
        Route("/failures", pages.failures),
        Route("/figures", pages.figures),
        Route("/scan/{scan_id}", pages.scan),
        Route(f"{frame}/thumbnail", pictures.thumbnail),
        Route(f"{frame}/preview", pictures.preview),
        Route(f"{frame}/picture.png", pictures.picture),
        Route(f"{frame}/map.png", pictures.heat_map),
        Route(f"{frame}/outlines.svg", pictures.outlines),
        Route(f"{frame}/heatmap.png", pictures.overlay),
        *([Route("/scan/{scan_id}/review", reviewing.review, methods=["POST"])] if reviewing else []),
        *(Route(f"/static/{name}", _static(name, kind)) for name, kind in _STATIC.items()),
    ]
    failures: dict[Any, Any] = {
        BadQueryError: pages.refused(400),
        NoSuchScan: pages.refused(404),
        AmbiguousScan: pages.refused(404),
        MissingFileError: pages.refused(404),
        NotReviewable: pages.refused(409),
        BadDataError: pages.refused(409),
        StorageError: pages.refused(503),
        DaemonError: pages.refused(503),
        HTTPException: pages.not_found,
    }
    return Guard(
        Starlette(routes=routes, exception_handlers=failures),
        LOOPBACK | hosts,
        may_post=reviewing is not None,
    )


def _static(name: str, kind: str) -> "Callable[[Request], Response]":
    content = (files("daemon.web") / "static" / name).read_bytes()

    def give(_: "Request") -> Response:
        return Response(content, media_type=kind, headers={"cache-control": "private, max-age=300"})

    return give
