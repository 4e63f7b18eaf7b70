"""What made the scans: each device by its names, with how its scans ended, and its first scans."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, Text, bindparam, cast, func, select

from storage.schema import SCANS
from storage.times import require_aware
from storage.translate import translated_errors
from storage.vocabulary import ABSTAINED, FAILED

NAMES = ("manufacturer", "manufacturer_model_name", "station_name")
FIRST_OF_DEVICE = (
    select(SCANS.c.scan_id, SCANS.c.outcome, SCANS.c.error_code, SCANS.c.decision, SCANS.c.warnings)
    .where(SCANS.c.device == bindparam("device"), SCANS.c.is_canary.is_(False))
    .order_by(SCANS.c.seq)
    .limit(bindparam("most"))
)


@dataclass(slots=True)
class Device:
    """One device and how its scans ended.

    Attributes
    ----------
    device : str or None
        The hash of its names; None: all scans whose header names none, such as PNG and JPEG.
    manufacturer, manufacturer_model_name, station_name : str or None
        As its latest scan writes them.
    scans, abstained, warned : int
        In all; with that decision; with a warning, whichever it is.
    failures, warnings : Counter of str
        Scans by error code, of those that failed, and by warning.
    first_at, last_at : datetime
        When its first and its latest scan were finished; aware.
    """

    device: str | None
    first_at: datetime
    last_at: datetime
    manufacturer: str | None = None
    manufacturer_model_name: str | None = None
    station_name: str | None = None
    scans: int = 0
    abstained: int = 0
    warned: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Scans that failed, with any code."""
        return self.failures.total()

    def add(self, group: Mapping[str, Any]) -> None:
        """Count scans that ended alike.

        Parameters
        ----------
        group : mapping
            A row of `grouped`; groups come in the order of their latest scan.
        """
        scans, codes = group["scans"], set(json.loads(group["codes"]))
        self.scans += scans
        if group["outcome"] == FAILED:
            self.failures[group["error_code"]] += scans
        if group["decision"] == ABSTAINED:
            self.abstained += scans
        self.warned += scans if codes else 0
        self.warnings.update(dict.fromkeys(codes, scans))
        self.first_at = min(self.first_at, group["first_at"])
        self.last_at = max(self.last_at, group["last_at"])
        if any(group[name] for name in NAMES):
            for name in NAMES:
                setattr(self, name, group[name])


@dataclass(frozen=True, slots=True)
class DeviceScan:
    """How one scan of a device ended."""

    scan_id: str
    outcome: str
    error_code: str | None
    decision: str | None
    warnings: tuple[str, ...]


def devices(engine: Engine, since: datetime | None = None, until: datetime | None = None) -> list[Device]:
    """Count scans by what made them, canaries not counted.

    Scans of one device are those with one hash, so also those from before its names were kept.

    Parameters
    ----------
    engine : Engine
    since, until : datetime, optional
        Aware; half-open on finished_at.

    Returns
    -------
    list of Device
        Those with the most scans first.

    Raises
    ------
    DatabaseUnavailable
        The database cannot be read.
    """
    found: dict[str | None, Device] = {}
    with translated_errors("counting scans by device"), engine.connect() as connection:
        for group in connection.execute(grouped(since, until)).mappings():
            one = Device(group["device"], first_at=group["first_at"], last_at=group["last_at"])
            found.setdefault(group["device"], one).add(dict(group))
    return sorted(found.values(), key=lambda one: (-one.scans, one.device or ""))


def grouped(since: datetime | None, until: datetime | None) -> Select[Any]:
    """Write the query for how many scans of each device ended in each way, in the order of their latest.

    Parameters
    ----------
    since, until : datetime or None

    Returns
    -------
    Select
    """
    codes = cast(SCANS.c.warnings, Text)  # JSON has no equality on PostgreSQL
    alike = (SCANS.c.device, *(SCANS.c[name] for name in NAMES))
    alike = (*alike, SCANS.c.outcome, SCANS.c.error_code, SCANS.c.decision)
    statement = (
        select(
            *alike,
            codes.label("codes"),
            func.count().label("scans"),
            func.min(SCANS.c.finished_at).label("first_at"),
            func.max(SCANS.c.finished_at).label("last_at"),
        )
        .where(SCANS.c.is_canary.is_(False))
        .group_by(*alike, codes)
        .order_by(func.max(SCANS.c.seq))
    )
    if since is not None:
        statement = statement.where(SCANS.c.finished_at >= require_aware(since))
    if until is not None:
        statement = statement.where(SCANS.c.finished_at < require_aware(until))
    return statement


def first_of(connection: Connection, asked: Iterable[str], most: int) -> dict[str, tuple[DeviceScan, ...]]:
    """Return the first scans of each device, canaries left out.

    Parameters
    ----------
    connection : Connection
    asked : iterable of str
        Hashes of devices.
    most : int
        Of each device.

    Returns
    -------
    dict of str to tuple of DeviceScan
        In the order of recording.
    """
    return {
        device: tuple(
            DeviceScan(row.scan_id, row.outcome, row.error_code, row.decision, tuple(row.warnings))
            for row in connection.execute(FIRST_OF_DEVICE, {"device": device, "most": most})
        )
        for device in asked
    }
