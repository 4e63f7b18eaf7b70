"""The application of the page: what is at which address."""

from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from daemon.errors import BadDataError, DaemonError, MissingFileError
from daemon.results.explain import explain_scan
from daemon.web.guard import LOOPBACK, Guard
from daemon.web.query import ROWS_A_PAGE, BadQueryError, read_query
from daemon.web.words import FILTERS, describe
from storage.errors import AmbiguousScan, NoSuchScan, StorageError
from storage.queries import counts, results, scan

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp

    from daemon.spool.folders import Spool
    from daemon.web.drawings import Drawings
    from storage.engine import Engine
    from storage.queries import ScanDetail

_STATIC: Final = {"page.css": "text/css", "page.js": "text/javascript"}
_AN_HOUR: Final = {"cache-control": "private, max-age=3600"}


def make_app(
    engine: "Engine", spool: "Spool", drawings: "Drawings", hosts: frozenset[str] = frozenset()
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

    Returns
    -------
    ASGI application
    """
    page = _Page(engine, spool, drawings)
    routes = [
        Route("/", page.worklist),
        Route("/figures", page.figures),
        Route("/scan/{scan_id}", page.scan),
        Route("/scan/{scan_id}/{frame:int}/picture.png", page.picture),
        Route("/scan/{scan_id}/{frame:int}/heatmap.png", page.heat_map),
        *(Route(f"/static/{name}", _static(name, kind)) for name, kind in _STATIC.items()),
    ]
    failures: dict[Any, Any] = {
        BadQueryError: page.refused(400),
        NoSuchScan: page.refused(404),
        AmbiguousScan: page.refused(404),
        MissingFileError: page.refused(404),
        BadDataError: page.refused(409),
        StorageError: page.refused(503),
        DaemonError: page.refused(503),
        HTTPException: page.not_found,
    }
    return Guard(Starlette(routes=routes, exception_handlers=failures), LOOPBACK | hosts)


class _Page:
    """What answers; each method in a thread of Starlette's."""

    def __init__(self, engine: "Engine", spool: "Spool", drawings: "Drawings") -> None:
        self._engine = engine
        self._spool = spool
        self._drawings = drawings
        self._templates = Environment(
            loader=PackageLoader("daemon.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.globals["describe"] = describe

    def worklist(self, request: "Request") -> Response:
        """Show the scans that the address asks for, most suspicious first."""
        query = read_query(request.query_params)
        rows = list(results(self._engine, query.filters))
        return self._show(
            "worklist.html",
            rows=rows[:ROWS_A_PAGE],
            query=query,
            fields=FILTERS,
            before=query.at(query.page - 1) if query.page > 1 else None,
            after=query.at(query.page + 1) if len(rows) > ROWS_A_PAGE else None,
        )

    def scan(self, request: "Request") -> Response:
        """Show one scan: its picture, its map, and all that is known of it."""
        detail = self._detail(request)
        explanation = explain_scan(detail, self._spool)
        return self._show("scan.html", scan=detail.scan, explanation=explanation, frames=_frames(detail))

    def picture(self, request: "Request") -> Response:
        """Give a frame of a scan as PNG."""
        drawn = self._drawings.picture(self._detail(request), request.path_params["frame"])
        return Response(drawn, media_type="image/png", headers=_AN_HOUR)

    def heat_map(self, request: "Request") -> Response:
        """Give the heat map of a frame over its picture as PNG."""
        drawn = self._drawings.heat_map(self._detail(request), request.path_params["frame"])
        return Response(drawn, media_type="image/png", headers=_AN_HOUR)

    def figures(self, _: "Request") -> Response:
        """Show how many scans ended in which way."""
        return self._show("figures.html", counts=counts(self._engine, only_current=True))

    def refused(self, status: int) -> Callable[["Request", Exception], Response]:
        """Return what answers an error with its message."""

        def answer(_: "Request", error: Exception) -> Response:
            return self._show("error.html", status, message=str(error))

        return answer

    def not_found(self, _: "Request", error: Exception) -> Response:
        """Answer for an address at which nothing is."""
        status = getattr(error, "status_code", 404)
        return self._show("error.html", status, message="nothing is at this address: begin at /")

    def _detail(self, request: "Request") -> "ScanDetail":
        return scan(self._engine, request.path_params["scan_id"])

    def _show(self, template: str, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(**values), status)


def _frames(detail: "ScanDetail") -> list[dict[str, Any]]:
    """Say of each frame which pictures there are of it."""
    rows = [row for row in detail.predictions if row["model_id"] == detail.scan["model_id"]]
    return [{**row, "has_map": row["heat_map"] is not None} for row in rows]


def _static(name: str, kind: str) -> Callable[["Request"], Response]:
    content = (files("daemon.web") / "static" / name).read_bytes()

    def give(_: "Request") -> Response:
        return Response(content, media_type=kind, headers={"cache-control": "private, max-age=300"})

    return give
