"""Rules that choose findings: a decision, from which probability on, and of which device."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from storage.vocabulary import DECISIONS, FAILED

if TYPE_CHECKING:
    from storage.study import Study, StudyScan

ANY: Final = "any"
INCOMPLETE: Final = "incomplete"
_WORDS: Final = (ANY, INCOMPLETE, *DECISIONS, FAILED)
_RULE: Final = re.compile(r"(?P<word>[a-z_]+)\s*(?:>=\s*(?P<least>[0-9.]+)\s*)?(?:@\s*(?P<device>.+))?")
_WANTED: Final = (
    "rules such as fractured, uncertain>=0.4, fractured@MAKER or any are wanted; the word is one of "
    + ", ".join(_WORDS)
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a scan must be.

    Parameters
    ----------
    word : str
        A decision, ``failed``, ``incomplete`` (failed, abstained, or still without an answer) or ``any``.
    least : float
        The probability from which on it counts; 0: whatever it is.
    device : str
        Part of manufacturer, model and station, in any case; empty: whichever.
    """

    word: str
    least: float = 0.0
    device: str = ""

    def matches(self, study: "Study", waiting: int = 0) -> bool:
        """Return whether a scan of a study is so.

        Parameters
        ----------
        study : Study
        waiting : int
            Scans of it that have no answer yet.

        Returns
        -------
        bool
        """
        is_waiting = self.word == INCOMPLETE and waiting > 0 and not self.least and not self.device
        return is_waiting or any(self._is(scan) for scan in study.scans)

    def _is(self, scan: "StudyScan") -> bool:
        is_meant = scan.is_incomplete if self.word == INCOMPLETE else self.word in (ANY, scan.answer)
        is_probable = not self.least or (scan.probability or 0.0) >= self.least
        return is_meant and is_probable and self.device.casefold() in scan.device.casefold()


def parse_rule(text: str) -> Rule:
    """Read a rule.

    Parameters
    ----------
    text : str
        ``DECISION``, ``DECISION>=PROBABILITY``, ``DECISION@DEVICE`` or both.

    Returns
    -------
    Rule

    Raises
    ------
    ValueError
        It is none; the message says what is wanted.
    """
    found = _RULE.fullmatch(text.strip())
    if found is None or found["word"] not in _WORDS:
        raise ValueError(_WANTED)
    try:
        least = float(found["least"] or 0.0)
    except ValueError:
        raise ValueError(_WANTED) from None
    if least > 1.0:
        raise ValueError("a probability from 0 to 1 is wanted behind >=")
    return Rule(found["word"], least, (found["device"] or "").strip())


def rules(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Accept rules that can be read.

    Parameters
    ----------
    texts : tuple of str

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        One cannot be read.
    """
    for text in texts:
        parse_rule(text)
    return texts
