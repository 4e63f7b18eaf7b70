"""`results --by-study`: a row a study."""

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from daemon.cli.onlooking import described
from daemon.cli.output import Format, note, terminal_width, time_text, write_rows

if TYPE_CHECKING:
    from daemon.settings.fields import Settings
    from storage.filters import Filters
    from storage.study import Study

_TABLE_COLUMNS: Final = (
    *("scan_id", "finished_at", "answer", "probability", "scans", "incomplete"),
    *("patient_id", "accession_number", "study_instance_uid"),
)
_NARROW_COLUMNS: Final = ("scan", "finished", "answer", "prob", "scans", "incomplete")
_WIDE: Final = 160
_ID_DIGITS: Final = 12


def write_studies(settings: "Settings", filters: "Filters", form: Format) -> None:
    """Print studies on stdout.

    Parameters
    ----------
    settings : Settings
    filters : Filters
        Of the scan that decides a study.
    form : Format
    """
    from daemon.cli.open_results import reading
    from storage.studies import studies
    from storage.study import STUDY_COLUMNS

    with reading(settings) as engine, closing(studies(engine, filters)) as found:
        if form is not Format.TABLE:
            write_rows((one.as_row() for one in found), STUDY_COLUMNS, form)
            return
        width = terminal_width()
        if width is not None and width < _WIDE:
            count = write_rows(map(_in_short, found), _NARROW_COLUMNS, form)
        else:
            count = write_rows(map(_shown, found), _TABLE_COLUMNS, form)
    note("1 study" if count == 1 else f"{count} studies")


def lacking(study: "Study") -> str:
    """Say in words which answers a study lacks.

    Parameters
    ----------
    study : Study

    Returns
    -------
    str
        Such as ``1 failed, 2 abstained``; empty if it lacks none.
    """
    counts = study.counts()
    return ", ".join(f"{counts[word]} {word}" for word in ("failed", "abstained") if counts[word])


def _shown(study: "Study") -> Mapping[str, Any]:
    row, deciding = study.as_row(), study.deciding
    return {
        **row,
        "finished_at": time_text(study.last_finished_at),
        "answer": described(deciding.outcome, deciding.error_code, deciding.decision),
        "incomplete": lacking(study),
    }


def _in_short(study: "Study") -> Mapping[str, Any]:
    deciding = study.deciding
    return {
        "scan": deciding.scan_id[-_ID_DIGITS:],
        "finished": time_text(study.last_finished_at, is_to_second=False),
        "answer": described(deciding.outcome, deciding.error_code, deciding.decision),
        "prob": None if deciding.probability is None else f"{deciding.probability:.2f}",
        "scans": len(study.scans),
        "incomplete": lacking(study),
    }
