"""Recent scans, grouped by the modality and device that made them."""

import re
from array import array
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from model.drift.reference import MEASURES
from storage.observed import Observed

ALL: Final = "all"
_MODALITY: Final = re.compile(r"[A-Z]{2,6}")


@dataclass(slots=True)
class Group:
    """The scans of one modality and device.

    Parameters
    ----------
    decisions : Counter of str
        Scans by decision.
    values : dict of str to array of float
        By measure; see `model.drift.reference.MEASURES`.
    example : str
        Id of the latest scan.
    """

    decisions: Counter[str] = field(default_factory=Counter)
    values: dict[str, "array[float]"] = field(default_factory=lambda: {name: array("d") for name in MEASURES})
    example: str = ""

    def add(self, scan: Observed) -> None:
        """Add one scan.

        Parameters
        ----------
        scan : Observed
        """
        self.decisions[scan.decision] += 1
        self.values["score"].append(scan.score)
        for name in MEASURES[1:]:
            if scan.picture is not None and name in scan.picture:
                self.values[name].append(scan.picture[name])
        self.example = scan.scan_id


Groups = dict[tuple[str, str], Group]


def grouped(scans: Generator[Observed, None, None]) -> Groups:
    """Put scans into the group of all, and that of their modality and device.

    Parameters
    ----------
    scans : generator of Observed
        Is closed.

    Returns
    -------
    dict of (str, str) to Group
        By modality and device.
    """
    groups: Groups = {}
    with closing(scans):
        for scan in scans:
            for key in ((ALL, ALL), (_modality(scan.modality), scan.device or "none")):
                groups.setdefault(key, Group()).add(scan)
    return groups


def _modality(text: str | None) -> str:
    """Take what is a modality: whatever else stands in a header may be of a patient."""
    return text if text is not None and _MODALITY.fullmatch(text) else "none"
