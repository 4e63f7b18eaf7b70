"""The pages that people read: the worklist, a scan, failures, figures."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from daemon.monitoring.status_file import daemon_is_running, read_status, why_nothing_is_taken_in
from daemon.results.explain import explain_scan
from daemon.spool.reasons import HELPED_BY_A_RETRY, REASONS
from daemon.web.drift_seen import drift_seen
from daemon.web.marked import as_code, as_shown
from daemon.web.query import DAYS, MOST_FRAMES, ROWS_A_PAGE, read_days, read_number, read_query
from daemon.web.related import same_file, same_study
from daemon.web.scan_frames import the_deciding_first, with_map
from daemon.web.words import FILTERS, MORE_FILTERS, age, column, describe
from storage.figures import ended, last_midnights, latency
from storage.queries import part_of
from storage.review_figures import review_figures
from storage.scan_detail import scan
from storage.studies import studies
from storage.vocabulary import ABSTAINED, BY_SUSPICION, CLASSIFIED, DECISIONS, VERDICTS

if TYPE_CHECKING:
    from starlette.requests import Request

    from daemon.spool.folders import Spool
    from daemon.web.reviewing import Reviewing
    from storage.engine import Engine

_MOST_DEVICES: Final = 50
_FRAMES_A_PAGE: Final = 12


class Pages:
    """Writes pages; each method is an endpoint that answers in a thread of Starlette's.

    Parameters
    ----------
    engine : Engine
        Read-only.
    spool : Spool
    reviewing : Reviewing or None
        What takes reviews.
    clock : callable
        Returns the time, aware.
    """

    def __init__(
        self,
        engine: "Engine",
        spool: "Spool",
        reviewing: "Reviewing | None",
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._spool = spool
        self._reviewing = reviewing
        self._clock = clock
        self._templates = Environment(
            loader=PackageLoader("daemon.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.globals.update(describe=describe, column=column)
        self._templates.filters["age"] = lambda moment: age(self._clock() - moment)
        self._templates.filters.update(ticks=as_code, shown=as_shown)

    def worklist(self, request: "Request") -> Response:
        """Show the scans that the address asks for, most suspicious first.

        Parameters
        ----------
        request : Request

        Returns
        -------
        Response

        Raises
        ------
        BadQueryError
            A parameter has a value that it does not take.
        NoSuchScan
            The scan at which this part of the list begins or ends is gone.
        """
        query = read_query(request.query_params)
        part = part_of(self._engine, query.filters)
        found = part.rows
        goes_back = query.filters.before is not None
        rows = found[-ROWS_A_PAGE:] if goes_back else found[:ROWS_A_PAGE]
        return self._show(
            "worklist.html",
            rows=rows,
            query=query,
            fields=FILTERS,
            more_fields=MORE_FILTERS,
            before=query.preceding(rows) if query.page > 1 else None,
            after=query.following(rows) if goes_back or len(found) > ROWS_A_PAGE else None,
            looked_to=part.looked_to,
            silent=self._why_silent(),
        )

    def studies(self, request: "Request") -> Response:
        """Show the studies that the address asks for, by the worst scan of each.

        Parameters
        ----------
        request : Request

        Returns
        -------
        Response

        Raises
        ------
        BadQueryError
            A parameter has a value that it does not take.
        NoSuchScan
            The scan at which this part of the list begins or ends is gone.
        """
        query = read_query(request.query_params, "/studies")
        found = list(studies(self._engine, query.filters))
        goes_back = query.filters.before is not None
        shown = found[-ROWS_A_PAGE:] if goes_back else found[:ROWS_A_PAGE]
        rows = [one.as_row() for one in shown]
        return self._show(
            "studies.html",
            rows=rows,
            query=query,
            fields=FILTERS,
            more_fields=MORE_FILTERS,
            before=query.preceding(rows) if query.page > 1 else None,
            after=query.following(rows) if goes_back or len(found) > ROWS_A_PAGE else None,
            words=BY_SUSPICION,
        )

    def scan(self, request: "Request") -> Response:
        """Show one scan: its picture, its map, and all that is known of it.

        Parameters
        ----------
        request : Request

        Returns
        -------
        Response

        Raises
        ------
        NoSuchScan, AmbiguousScan
            Not exactly one scan has that id.
        BadQueryError
            `from` is no frame's number.
        """
        detail = scan(self._engine, request.path_params["scan_id"])
        explanation = explain_scan(detail, self._spool)
        row = detail.scan
        newer = detail.requeues[-1] if detail.requeues else None
        frames = [] if newer else the_deciding_first(detail)  # the file went with the newer answer
        first = read_number(request.query_params, "from", MOST_FRAMES)
        last = first + _FRAMES_A_PAGE
        reviewer = self._reviewing.reviewer_of(request) if self._reviewing else None
        return self._show(
            "scan.html",
            scan=row,
            explanation=explanation,
            frames=[with_map(frame) for frame in frames[first - 1 : last - 1]],
            frames_in_all=len(frames),
            deciding=frames[0]["frame"] if frames else None,
            abstained=sum(one["decision"] == ABSTAINED for one in frames),
            newer=newer,
            frames_after=last if len(frames) >= last else None,
            reason=REASONS.get(row["error_code"]) if row["outcome"] != CLASSIFIED else None,
            study=same_study(self._engine, row),
            others=same_file(self._engine, row),
            reviews=detail.reviews,
            reviewer=reviewer,
            may_review=reviewer is not None and row["outcome"] == CLASSIFIED and newer is None,
            verdicts=VERDICTS,
        )

    def failures(self, request: "Request") -> Response:
        """Show why scans have no decision, by reason and by device.

        Parameters
        ----------
        request : Request

        Returns
        -------
        Response

        Raises
        ------
        BadQueryError
            `days` is none that is offered.
        """
        days = read_days(request.query_params)
        midnights = last_midnights(days, self._clock())
        found = ended(self._engine, midnights)
        unanswered = [one for one in found.counts if one.outcome != CLASSIFIED]
        named = [(name, tally) for name, tally in found.by_device if tally.unanswered]
        return self._show(
            "failures.html",
            days=days,
            offered=DAYS,
            since=midnights[0],
            counts=sorted(unanswered, key=lambda one: -one.scans),
            reasons=REASONS,
            helped_by_a_retry=HELPED_BY_A_RETRY,
            devices=named[:_MOST_DEVICES],
            left_out=len(named[_MOST_DEVICES:]),
        )

    def figures(self, request: "Request") -> Response:
        """Show how many scans ended in which way: by day and by device, and how long they took.

        Parameters
        ----------
        request : Request

        Returns
        -------
        Response

        Raises
        ------
        BadQueryError
            `days` is none that is offered.
        """
        days = read_days(request.query_params)
        midnights = last_midnights(days, self._clock())
        found = ended(self._engine, midnights)
        return self._show(
            "figures.html",
            days=days,
            offered=DAYS,
            since=midnights[0],
            by_date=found.by_day,
            most=max(tally.scans for tally in found.by_day.values()),
            counts=found.counts,
            devices=found.by_device[:_MOST_DEVICES],
            left_out=len(found.by_device[_MOST_DEVICES:]),
            decisions=DECISIONS,
            latency=latency(self._engine),
            reviewed=review_figures(self._engine),
            drift=drift_seen(self._spool.schedule_file),
        )

    def refused(self, status: int) -> Callable[["Request", Exception], Response]:
        """Return what answers an error with its message.

        Parameters
        ----------
        status : int
            Of HTTP.

        Returns
        -------
        callable
        """

        def answer(_: "Request", error: Exception) -> Response:
            return self._show("error.html", status, message=str(error))

        return answer

    def not_found(self, request: "Request", error: Exception) -> Response:
        """Answer for an address at which nothing is.

        Parameters
        ----------
        request : Request
            It may be any.
        error : Exception

        Returns
        -------
        Response
        """
        del request
        status = getattr(error, "status_code", 404)
        return self._show("error.html", status, message="nothing is at this address: begin at /")

    def _why_silent(self) -> list[str]:
        """Say why no file is taken in, if none is."""
        try:
            is_running = daemon_is_running(self._spool.root)
        except PermissionError:  # this user can see rows, and not how the daemon is
            return []
        if not is_running:
            return ["no daemon runs on this spool"]
        return why_nothing_is_taken_in(read_status(self._spool.root) or {})

    def _show(self, template: str, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(**values), status)
