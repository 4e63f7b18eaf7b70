"""The columns of the view `results` over the tables themselves, so that a question needs no join by ids.

Who asks the view for the rows after a place in the order of recording, which it does not show, has to join it
with `scans` again; of a million rows that takes minutes.
"""

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Text, cast, select, type_coerce
from sqlalchemy.types import TypeDecorator

from storage.results_view import RESULTS
from storage.schema import MODELS, REVIEWS, SCANS


class CodesAsText(TypeDecorator[str]):
    """A list of codes in JSON as the view shows it: with `;` between them, null for none.

    Its methods are those of `sqlalchemy.types.TypeDecorator`.
    """

    impl = Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Return the codes of a list as one text.

        Parameters
        ----------
        value : object
        dialect : Dialect

        Returns
        -------
        str or None
        """
        del dialect
        return codes_as_text(value)


@lru_cache(maxsize=1000)
def codes_as_text(listed: str) -> str | None:
    """Return the codes of a list in JSON as the view shows them.

    Parameters
    ----------
    listed : str

    Returns
    -------
    str or None
        With `;` between them; None for none.
    """
    return ";".join(json.loads(listed)) or None


@cache
def view_columns() -> tuple[ColumnElement[Any], ...]:
    """Return what the view selects, from `scans` joined with `models`, in its order.

    Returns
    -------
    tuple of ColumnElement
        Each named as in the view.
    """
    made = _made()
    return tuple(
        made.get(column.name, SCANS.c.get(column.name)).label(column.name)  # type: ignore[union-attr]
        for column in RESULTS.columns
    )


def _made() -> Mapping[str, ColumnElement[Any]]:
    again = SCANS.alias().c
    newest = select(again.scan_id).where(again.requeued_from == SCANS.c.scan_id).order_by(again.seq.desc())
    verdict = select(REVIEWS.c.verdict).where(REVIEWS.c.scan_seq == SCANS.c.seq).order_by(REVIEWS.c.id.desc())
    return {
        "model": MODELS.c.name + "@" + MODELS.c.version,
        "warnings": type_coerce(cast(SCANS.c.warnings, Text), CodesAsText),
        "superseded_by": newest.limit(1).correlate(SCANS).scalar_subquery(),
        "reviewed": verdict.limit(1).correlate(SCANS).scalar_subquery(),
    }
