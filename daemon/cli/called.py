"""How this program is called here, for commands that a person copies from what it says."""

import os
import shlex
import shutil
import sys
from typing import Final

PROGRAM: Final = "inboxray"


def as_called() -> str:
    """Return the words that call this program again: its name, or its path where a shell would not find it.

    Returns
    -------
    str
        Fit for a shell.
    """
    called = sys.argv[0]
    if os.path.basename(called) != PROGRAM:  # as `python -m daemon` in a test, or embedded
        return PROGRAM
    found = shutil.which(PROGRAM)
    if found is not None and os.path.realpath(found) == os.path.realpath(called):
        return PROGRAM
    return shlex.quote(called)


def with_commands_as_called(message: str) -> str:
    """Write the commands of a message, which stand between backticks, so that they can be copied.

    Parameters
    ----------
    message : str
        With commands such as `` `inboxray results` ``.

    Returns
    -------
    str
    """
    return message.replace(f"`{PROGRAM} ", f"`{as_called()} ")
