"""Text that a database and a terminal accept."""

import re

REPLACEMENT = "\ufffd"
# C0 and C1 controls, line and paragraph separators, lone surrogates (no UTF-8 has them), and the marks that
# turn the direction of what follows in a terminal.
UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def clean_text(value: str | None, max_length: int) -> str | None:
    """Return a text that both engines take, and that a terminal shows on one line.

    Parameters
    ----------
    value : str or None
        Any text, of a header for instance: PostgreSQL refuses a NUL in it, and both drivers a lone surrogate.
    max_length : int
        Characters kept at most.

    Returns
    -------
    str or None
        Without the blanks and NULs at both ends (DICOM pads with them); each control character inside and
        each lone surrogate is U+FFFD. None if nothing is left.
    """
    if value is None:
        return None
    bare = value[: 4 * max_length].strip(" \t\r\n\0")
    return UNFIT.sub(REPLACEMENT, bare)[:max_length].rstrip(" ") or None
