"""A report: one page that needs no server and no net, with its pictures in it, for mail and archives."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from daemon.errors import BadDataError, MissingFileError
from daemon.web.report_rows import Shown, in_words, shown_row
from daemon.web.scan_frames import deciding_frame
from daemon.web.words import describe
from storage.matching_counts import matching_counts
from storage.queries import results
from storage.scan_detail import scan
from storage.vocabulary import ABSTAINED, CLASSIFIED

if TYPE_CHECKING:
    from daemon.web.drawings import Drawings
    from storage.engine import Engine
    from storage.filters import Filters

MOST_ROWS: Final = 5000
"""Rows of the table: more of them are for `inboxray export`."""
_PICTURE: Final = 256  # pixels a side of a small picture
_LAYER: Final = 96  # of a map: it is smooth, and stretched
_LARGEST: Final = 2 * _PICTURE * _PICTURE
"""Bytes of a picture of that size, however it was packed; a child sends no more than that."""

Watched = Callable[[Iterable["Drawn"], int], Iterable["Drawn"]]
"""Passes pictures on as they are drawn, and may show how far it is."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is wanted of.

    Parameters
    ----------
    filters : Filters
        Their order and limit do not count.
    shown : {"keep", "hash", "drop"}
        What it shows of identifiers.
    most_pictures : int
    at : datetime
        Aware: now.
    """

    filters: "Filters"
    shown: Shown
    most_pictures: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Drawn:
    """A scan with its picture.

    Parameters
    ----------
    row : mapping
        As `shown_row` gives it.
    number : int
        In the report, from 1.
    frame : int
        The one that is shown, from 1: the one that made the answer.
    picture, layer : str or None
        PNGs as data URIs: the frame, and its map to lie over it.
    missing : str or None
        Why there is no picture.
    has_map : bool
        True too for one in which no place raised the score; then there is no layer.
    """

    row: Mapping[str, Any]
    number: int
    frame: int = 1
    picture: str | None = None
    layer: str | None = None
    missing: str | None = None
    has_map: bool = False

    @property
    def is_abstained(self) -> bool:
        """True if its map means nothing."""
        return bool(self.row["decision"] == ABSTAINED)


@dataclass(frozen=True, slots=True)
class Report:
    """A page, and what is in it.

    Parameters
    ----------
    html : str
    scans, rows, pictures : int
        That match, in the table, and drawn.
    """

    html: str
    scans: int
    rows: int
    pictures: int


def make_report(
    engine: "Engine",
    drawings: "Drawings",
    wanted: Wanted,
    threads: int = 1,
    watched: Watched = lambda drawn, _: drawn,
) -> Report:
    """Write a report of the scans that match, those first that a person should see first.

    Parameters
    ----------
    engine : Engine
        Read-only.
    drawings : Drawings
    wanted : Wanted
    threads : int
        Pictures drawn at once.
    watched : callable
        Passes the pictures on as they are drawn.

    Returns
    -------
    Report
    """
    counts = matching_counts(engine, wanted.filters)
    filters = replace(
        wanted.filters, order="suspicious", limit=max(MOST_ROWS, wanted.most_pictures), offset=0
    )
    rows = list(results(engine, filters))
    with_picture = [row for row in rows if row["outcome"] == CLASSIFIED]
    chosen = with_picture[: wanted.most_pictures]

    def draw(numbered: tuple[int, Mapping[str, Any]]) -> Drawn:
        number, row = numbered
        return _drawn(engine, drawings, row, number, wanted.shown)

    with ThreadPoolExecutor(threads, thread_name_prefix="report") as pool:
        pictures = list(watched(pool.map(draw, enumerate(chosen, start=1)), len(chosen)))
    scans = sum(count.scans for count in counts)
    classified = sum(count.scans for count in counts if count.outcome == CLASSIFIED)
    html = _page(
        at=wanted.at,
        version=version("inboxray"),
        filters=list(in_words(wanted.filters, wanted.shown)),
        shown=wanted.shown,
        counts=_ranked(counts),
        scans=scans,
        pictures=pictures,
        left_out=classified - len(pictures),
        rows=[shown_row(row, wanted.shown) for row in rows],
        size=_PICTURE,
    )
    return Report(html, scans, len(rows), sum(one.picture is not None for one in pictures))


def _drawn(
    engine: "Engine", drawings: "Drawings", row: Mapping[str, Any], number: int, shown: Shown
) -> Drawn:
    """Draw the frame that made the answer of a scan."""
    detail = scan(engine, row["scan_id"])
    chosen = deciding_frame(detail) or {"frame": 1, "heat_map": None}
    shown_of = shown_row(row, shown)
    try:
        picture = drawings.picture(detail, chosen["frame"], is_small=True)
    except (BadDataError, MissingFileError) as error:
        return Drawn(shown_of, number, chosen["frame"], missing=str(error))
    if len(picture) > _LARGEST:
        return Drawn(shown_of, number, chosen["frame"], missing="its picture is not of the size asked for")
    drawn = Drawn(shown_of, number, chosen["frame"], _data_uri(picture))
    content = chosen["heat_map"]
    return drawn if content is None else replace(drawn, layer=_layer(content), has_map=True)


def _layer(content: bytes) -> str | None:
    """Draw a map alone; one without evidence has nothing to show."""
    from model.pictures.heat_map import draw_map, raises_anywhere, read_map

    heat_map = read_map(content)
    return _data_uri(draw_map(heat_map, _LAYER)) if raises_anywhere(heat_map) else None


def _data_uri(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _ranked(counts: Iterable[Any]) -> list[tuple[Any, int]]:
    """Pair each way in which scans ended with its number, the most frequent first."""
    ways = (
        {"outcome": one.outcome, "error_code": one.error_code, "decision": one.decision, "scans": one.scans}
        for one in counts
    )
    return sorted(((describe(way), way["scans"]) for way in ways), key=lambda pair: -pair[1])


def _page(**values: Any) -> str:
    templates = Environment(
        loader=PackageLoader("daemon.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    templates.globals["describe"] = describe
    style = templates.get_template("report.css").render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return templates.get_template("report.html").render(style_sha256=digest, **values)
