"""What `once` sums up on a terminal: how the scans ended, where the results are, what failures ask for."""

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from daemon.cli.arguments import counted
from daemon.cli.onlooking import described
from daemon.cli.output import note, style_of
from daemon.spool.reasons import HELPED_BY_A_RETRY, REASONS
from storage.vocabulary import BY_SUSPICION, CLASSIFIED, FAILED

if TYPE_CHECKING:
    from daemon.service.onlooker import View
    from daemon.settings.fields import Settings

Answer = tuple[str, str | None, str | None]
"""Outcome, error code, decision."""


def sum_up(settings: "Settings", answers: Mapping[Answer, int], view: "View") -> None:
    """Write on stderr how all scans of one `once` ended.

    Parameters
    ----------
    settings : Settings
    answers : mapping of (str, str or None, str or None) to int
        Scans by outcome, error code and decision.
    view : View
        The last one.
    """
    inboxray = f"inboxray --spool {shlex.quote(str(settings.spool))}"
    scans = sum(answers.values())
    if answers:
        Console(stderr=True, markup=False, highlight=False, emoji=False).print(_table(answers))
        note(f"{counted(scans, 'scan')} answered, in {settings.masked_database()}: `{inboxray} results`")
    else:
        note(f"nothing was answered: no file in {settings.spool / 'inbox'} could be claimed")
    if view.ignored or view.unclaimable:
        note(
            f"left in the inbox: {view.ignored} that are never claimed by their names, "
            f"{view.unclaimable} that may not be renamed; `{inboxray} explain FILE` says why"
        )
    codes = sorted({code for outcome, code, _ in answers if outcome != CLASSIFIED and code is not None})
    for code in codes:
        note(f"{code}: {REASONS[code]}")
    failures = {code for outcome, code, _ in answers if outcome == FAILED and code is not None}
    for code in sorted(failures & HELPED_BY_A_RETRY):
        note(f"Once that is mended, `{inboxray} requeue --code {code}` has them answered again")


def _table(answers: Mapping[Answer, int]) -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False)
    table.add_column("answer")
    table.add_column("scans", justify="right")
    for answer in sorted(answers, key=_rank):
        outcome, _, decision = answer
        table.add_row(Text(described(*answer), style_of(decision or outcome)), str(answers[answer]))
    return table


def _rank(answer: Answer) -> tuple[int, str]:
    """Put the most suspicious first, as `results` does."""
    outcome, code, decision = answer
    return BY_SUSPICION.index(decision or outcome), code or ""
