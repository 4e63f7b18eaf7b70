"""A device that was never seen before: its first scans are summed up, so that its faults show on day one.

The names of a device may be anything that its file says: what is logged and measured is its hash, words of
ours and numbers.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import structlog

from daemon.spool.warnings import WARNINGS
from storage.devices import DeviceScan
from storage.errors import DatabaseUnavailable
from storage.records import ScanRecord
from storage.vocabulary import ABSTAINED, FAILED

FIRST_SCANS: Final = 20
_MANY: Final = FIRST_SCANS // 2
_MOST_KNOWN: Final = 4096  # a file may name any device: more are forgotten, and asked about again

FirstOf = Callable[[Collection[str], int], Mapping[str, Sequence[DeviceScan]]]

_log = structlog.get_logger()


class Verdict(StrEnum):
    """What half or more of the first scans of a device have in common; the first that is true."""

    FAILING = "failing"
    ABSTAINED = "abstained"
    WARNED = "warned"
    SOUND = "sound"


@dataclass(frozen=True, slots=True)
class FirstScans:
    """The first scans of one device.

    Parameters
    ----------
    device : str
        A hash; `inboxray devices` has its names.
    failures, warnings : Counter of str
        Scans by error code, of those that failed, and by warning; ``other``: one that a library gave.
    abstained, warned : int
        Scans with that decision; with a warning, whichever it is.
    example : str
        The latest scan of them.
    """

    device: str
    failures: Counter[str]
    warnings: Counter[str]
    abstained: int
    warned: int
    example: str

    @classmethod
    def of(cls, device: str, scans: Sequence[DeviceScan]) -> "FirstScans":
        """Sum scans up.

        Parameters
        ----------
        device : str
        scans : sequence of DeviceScan
            In the order of recording.

        Returns
        -------
        FirstScans
        """
        known = [{code if code in WARNINGS else "other" for code in scan.warnings} for scan in scans]
        return cls(
            device,
            failures=Counter(scan.error_code or "" for scan in scans if scan.outcome == FAILED),
            warnings=Counter(code for codes in known for code in codes),
            abstained=sum(scan.decision == ABSTAINED for scan in scans),
            warned=sum(bool(codes) for codes in known),
            example=scans[-1].scan_id,
        )

    @property
    def verdict(self) -> Verdict:
        """The state of the device, in one word."""
        if self.failures.total() >= _MANY:
            return Verdict.FAILING
        if self.abstained >= _MANY:
            return Verdict.ABSTAINED
        return Verdict.WARNED if self.warned >= _MANY else Verdict.SOUND


class NewDevices:
    """Notice when a device has its first scans together; one thread at a time.

    Parameters
    ----------
    first_of : callable
        Gives the first recorded scans of devices, by their hashes, and how many are wanted of each.
    """

    def __init__(self, first_of: FirstOf) -> None:
        self._first_of = first_of
        self._known: set[str] = set()

    def take(self, rows: Sequence[ScanRecord]) -> list[FirstScans]:
        """Log each device that has its first scans together with these rows.

        Parameters
        ----------
        rows : sequence of ScanRecord
            Of a batch that is committed.

        Returns
        -------
        list of FirstScans
        """
        named = {row.device for row in rows if row.device is not None and not row.is_canary}
        asked = sorted(named - self._known)
        if not asked:
            return []
        found: Mapping[str, Sequence[DeviceScan]] = {}
        with suppress(DatabaseUnavailable):  # the rows stand; their devices are asked about again
            found = self._first_of(asked, FIRST_SCANS)
        whole = {device: scans for device, scans in found.items() if len(scans) == FIRST_SCANS}
        self._remember(whole)
        now = {row.scan_id for row in rows}
        summed = [FirstScans.of(device, scans) for device, scans in whole.items() if scans[-1].scan_id in now]
        for one in summed:
            _log_summary(one)
        return summed

    def _remember(self, devices: Collection[str]) -> None:
        if len(self._known) + len(devices) > _MOST_KNOWN:
            self._known.clear()
        self._known.update(devices)


def _log_summary(one: FirstScans) -> None:
    facts = {
        "device": one.device,
        "verdict": one.verdict.value,
        "scans": FIRST_SCANS,
        "failures": dict(one.failures),
        "warnings": dict(one.warnings),
        "abstained": one.abstained,
        "example": one.example,
    }
    if one.verdict is Verdict.SOUND:
        _log.info("new_device", **facts)
    else:
        _log.warning("new_device", **facts)
