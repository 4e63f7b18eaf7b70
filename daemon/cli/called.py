"""How this program is called here, for commands that a person copies from what it says."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

PROGRAM: Final = "inboxray"
_SPOOL: Final = "--spool"
_PLACES: Final = ("--config", _SPOOL, "--database-url")


def as_called() -> str:
    """Return the words that call this program again, on the same settings and database.

    Without them a copied command would ask another database, or classify what the settings leave out.

    Returns
    -------
    str
        Its name, or its path where a shell would not find it; then --config and --database-url as they were
        given, but never a password. Fit for a shell. The spool is for the caller to name.
    """
    return _again(spool=False)


def with_commands_as_called(message: str) -> str:
    """Write the commands of a message, which stand between backticks, so that they can be copied.

    Parameters
    ----------
    message : str
        With commands such as `` `inboxray results` ``.

    Returns
    -------
    str
        They have the places that were given, the spool too unless the message names one.
    """
    return re.sub(
        rf"`{PROGRAM}(?= (?P<names_a_spool>{_SPOOL})?)",
        lambda found: f"`{_again(spool=found['names_a_spool'] is None)}",
        message,
    )


def _again(*, spool: bool) -> str:
    called = sys.argv[0]
    if os.path.basename(called) != PROGRAM:  # as `python -m daemon` in a test, or embedded
        return PROGRAM
    found = shutil.which(PROGRAM)
    is_found = found is not None and os.path.realpath(found) == os.path.realpath(called)
    given = {name: value for name, value in _places(sys.argv[1:]) if spool or name != _SPOOL}
    words = [PROGRAM if is_found else called, *(word for place in given.items() for word in place)]
    return shlex.join(words)


def _places(arguments: list[str]) -> Iterator[tuple[str, str]]:
    """Find the options that say where things are; the last of each counts."""
    words = iter(arguments)
    for word in words:
        name, joined, value = word.partition("=")
        if word == "--":
            return
        if name in _PLACES:
            value = value if joined else next(words, "")
            if value and not (name == "--database-url" and _holds_a_password(value)):
                yield name, value


def _holds_a_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return True  # for all that is known
    return parts.password is not None or "password" in parts.query
