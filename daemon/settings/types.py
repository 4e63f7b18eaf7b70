"""The types of settings: what a value may be, and the error for one that may not."""

import json
import re
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from model.reading.eligibility import coded

_AE_TITLE: Final = re.compile(r"(?! )[\x20-\x5b\x5d-\x7e]{1,16}(?<! )")
_SCHEMES: Final = ("sqlite", "postgres", "postgresql")


def _absolute(path: Path) -> Path:
    """Make a path mean the same for as long as the process lives, wherever it works."""
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        msg = "the home folder behind ~ is not known here; write the path in full"
        raise ValueError(msg) from None


def as_release(value: Any) -> Any:
    """Take the name of a release that ships for its folder; a folder of that name here has a longer path.

    Parameters
    ----------
    value : object

    Returns
    -------
    object
    """
    if not isinstance(value, (str, Path)):
        return value
    from model.release import shipped_release  # where the setting is not given nothing is imported

    return shipped_release(str(value)) or value


def as_patterns(value: Any) -> Any:
    """Take a list, a JSON list, or names between commas (an environment variable is text).

    Parameters
    ----------
    value : object

    Returns
    -------
    object

    Raises
    ------
    ValueError
        A JSON list is malformed, or holds something else than texts.
    """
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            msg = "a JSON list, or names between commas, is wanted"
            raise ValueError(msg) from None
    return [pattern.strip() for pattern in text.split(",") if pattern.strip()]


def off_is_none(value: Any) -> Any:
    """Let `off` switch a clock time off: TOML has no null.

    Parameters
    ----------
    value : object

    Returns
    -------
    object
    """
    return None if isinstance(value, str) and value.strip().lower() in {"", "off"} else value


def _without_zone(value: time | None) -> time | None:
    if value is not None and value.tzinfo is not None:
        msg = "a local time of day without a zone is wanted, such as 02:00, or off"
        raise ValueError(msg)
    return value


def database_scheme(value: SecretStr | None) -> SecretStr | None:
    """Take a URL of a database that we know.

    Parameters
    ----------
    value : SecretStr or None

    Returns
    -------
    SecretStr or None

    Raises
    ------
    ValueError
        It is of another database, or no URL.
    """
    if value is None:
        return None
    scheme, found, _ = value.get_secret_value().partition(":")
    if not found or scheme.partition("+")[0] not in _SCHEMES:
        msg = "a URL that begins with sqlite:///, postgresql:// or postgres:// is wanted"
        raise ValueError(msg)
    return value


def _divides_hour(value: int) -> int:
    if value and 60 % value:
        msg = "minutes that divide an hour are wanted, such as 5, 15 or 30, or 0 for never"
        raise ValueError(msg)
    return value


def is_entity_title(text: str) -> bool:
    r"""Return whether a text may be an application entity title.

    Parameters
    ----------
    text : str

    Returns
    -------
    bool
        True for up to 16 printable characters of ASCII without ``\``, and no space at either end.

    References
    ----------
    PS3.5 6.2, AE.
    """
    return _AE_TITLE.fullmatch(text) is not None


def entity_title(value: str) -> str:
    """Accept an application entity title.

    Parameters
    ----------
    value : str

    Returns
    -------
    str

    Raises
    ------
    ValueError
        It is none.

    References
    ----------
    PS3.5 6.2, AE.
    """
    if not is_entity_title(value):
        msg = "up to 16 printable characters of ASCII are wanted, no \\ and no space at either end"
        raise ValueError(msg)
    return value


def share(value: float | None) -> float | None:
    """Accept a share; 12 is refused with a hint, for it means 12 %.

    Parameters
    ----------
    value : float or None

    Returns
    -------
    float or None

    Raises
    ------
    ValueError
        It is not between 0 and 1.
    """
    if value is not None and not 0 < value < 1:
        msg = "a share between 0 and 1 is wanted, such as 0.12 for 12 %"
        raise ValueError(msg)
    return value


def lower(value: Any) -> Any:
    """Take words in capitals too.

    Parameters
    ----------
    value : object

    Returns
    -------
    object
    """
    return value.lower() if isinstance(value, str) else value


def _suffixes(values: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what is no ending of a name: an empty one would make a marker of each file."""
    for value in values:
        if not value.startswith(".") or len(value) < 2 or any(one in value for one in "/*?["):
            msg = "endings of names such as .ready are wanted, each with its dot"
            raise ValueError(msg)
    return values


def _codes(values: tuple[str, ...]) -> tuple[str, ...]:
    """Write coded strings as scans are compared with them; a blank one would mean nothing."""
    codes = tuple(coded(value) for value in values)
    if "" in codes:
        msg = "codes such as DX or WRIST are wanted, none of them empty"
        raise ValueError(msg)
    return codes


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
Suffixes = Annotated[tuple[str, ...], NoDecode, BeforeValidator(as_patterns), AfterValidator(_suffixes)]
Count = Annotated[int, Field(ge=1)]
CountOrAuto = Annotated[int, Field(ge=0, le=1024)]
Seconds = Annotated[float, Field(gt=0, le=7 * 86400, allow_inf_nan=False)]
Codes = Annotated[tuple[str, ...], NoDecode, BeforeValidator(as_patterns), AfterValidator(_codes)]
TimeOrOff = Annotated[time | None, BeforeValidator(off_is_none), AfterValidator(_without_zone)]
Days = Annotated[int, Field(ge=0, le=36_500)]
PartOfHour = Annotated[int, Field(ge=0, le=30), AfterValidator(_divides_hour)]
SecondsOrNone = Annotated[float, Field(ge=0, le=7 * 86400, allow_inf_nan=False)]
