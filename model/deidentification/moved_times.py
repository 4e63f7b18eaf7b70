"""Dates and times, moved; one that cannot be read is none.

References
----------
PS3.5 6.2 Value Representation (DA, TM, DT).
"""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from model.dicom_results.clean_values import clock_time, day

_DATE_TIME: Final = re.compile(r"(\d{8})(\d{2}(?:\d{2}(?:\d{2}(?:\.\d{1,6})?)?)?)(?:[+-]\d{4})?")


def moved_pair(date: str, time: str, shift: timedelta) -> tuple[str, str]:
    """Move a date, and the time of day that belongs to it.

    Parameters
    ----------
    date, time : str
        DA and TM.
    shift : timedelta

    Returns
    -------
    tuple of str
        Both, to the same precision; a time without a date is empty, for it cannot be moved, and a date alone
        is moved by whole days.
    """
    old_day, old_time = day(date), clock_time(time)
    if not old_day:
        return "", ""
    if not old_time:
        return _moved(old_day, "", timedelta(days=shift.days))[0], ""
    return _moved(old_day, old_time, shift)


def moved_date_time(value: str, shift: timedelta) -> str:
    """Move a date and time in one.

    Parameters
    ----------
    value : str
        DT; what it says of its zone is left out.
    shift : timedelta

    Returns
    -------
    str
        Empty if it says less than an hour of a day.
    """
    found = _DATE_TIME.fullmatch(value.strip(" \0"))
    if found is None or not day(found[1]) or not clock_time(found[2]):
        return ""
    return "".join(_moved(found[1], found[2], shift))


def _moved(date: str, time: str, shift: timedelta) -> tuple[str, str]:
    whole, _, fraction = time.partition(".")
    with suppress(ValueError, OverflowError):
        seconds = min(int(whole[4:6] or 0), 59)  # a leap second has no place in a datetime
        moment = datetime(  # noqa: DTZ001 -- of the device's clock, whatever that is
            int(date[:4]), int(date[4:6]), int(date[6:]), int(whole[:2] or 0), int(whole[2:4] or 0), seconds
        )
        moment += shift
        clock = f"{moment:%H%M%S}"[: len(whole)]
        return f"{moment.year:04}{moment:%m%d}", clock + (f".{fraction}" if fraction else "")
    return "", ""
