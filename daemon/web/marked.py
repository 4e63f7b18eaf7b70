"""How values and sentences stand on a page."""

from datetime import datetime
from typing import Any

from markupsafe import Markup


def as_code(text: str) -> Markup:
    """Turn what stands between backticks into code of HTML; all else is text.

    Parameters
    ----------
    text : str

    Returns
    -------
    Markup
    """
    parts = text.split("`")
    return Markup("").join(  # each second part stood between two of them
        Markup("<code>{}</code>").format(part)
        if number % 2 and number < len(parts) - 1
        else Markup.escape(part)
        for number, part in enumerate(parts)
    )


def as_shown(value: Any) -> str:
    """Write a value as a person reads it: times in this machine's zone, four digits of a fraction.

    Parameters
    ----------
    value : object

    Returns
    -------
    str
    """
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    return f"{value:.4f}" if isinstance(value, float) else str(value)
