"""File names as text that a database and a log can hold, and names that fit into a folder.

A file's name on Linux is any bytes but NUL and the slash. Rows hold text. Percent-encoding what is not
printable UTF-8, and the percent sign itself, makes the text unique and gives the bytes back.
"""

import os
import re
from pathlib import PurePosixPath

MAX_NAME_BYTES = 255  # NAME_MAX of every file system that we know
REASON_SUFFIX = ".reason.json"
_SUFFIX_DIGITS = 12

_ENCODED = re.compile(r"%([0-9A-F]{2})")


def encode_name(name: bytes) -> str:
    """Write a path's bytes as printable text.

    Parameters
    ----------
    name : bytes
        A file name or a relative path.

    Returns
    -------
    str
        Printable characters as they are; every other byte, and ``%``, as ``%`` and two capital hex digits.
    """
    text = name.decode("utf-8", errors="surrogateescape")
    if text.isprintable() and "%" not in text:
        return text
    return "".join(_encode_character(character) for character in text)


def _encode_character(character: str) -> str:
    if character != "%" and character.isprintable():
        return character
    return _encoded_bytes(character)


def _encoded_bytes(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", errors="surrogateescape"))


def in_ascii(text: str) -> str:
    """Write the text of a name in ASCII, for what has no place for its characters.

    Parameters
    ----------
    text : str
        What `encode_name` returned.

    Returns
    -------
    str
        `decode_name` gives the same bytes for it.
    """
    return "".join(character if character.isascii() else _encoded_bytes(character) for character in text)


def decode_name(text: str) -> bytes:
    """Return the bytes that `encode_name` wrote as text.

    Parameters
    ----------
    text : str
        What `encode_name` returned.

    Returns
    -------
    bytes
    """
    parts = _ENCODED.split(text)
    return b"".join(
        bytes.fromhex(part) if position % 2 else part.encode() for position, part in enumerate(parts)
    )


def is_original(stored_path: str) -> bool:
    """Return whether a row's file is an original of an archive, which a backfill answered where it lies.

    Parameters
    ----------
    stored_path : str
        As in the row: from the spool's folder on, or the whole path of an original.

    Returns
    -------
    bool
    """
    return stored_path.startswith("/")


def fit_name(name: bytes, scan_id: str, *, max_bytes: int = MAX_NAME_BYTES, taken: bool = False) -> bytes:
    """Return a name that fits, made unique by the end of the scan's id where it must change.

    Parameters
    ----------
    name : bytes
        One path component.
    scan_id : str
        The UUID of the scan; its last digits are random, its first are a time.
    max_bytes : int
        What the folder allows, less what will be appended.
    taken : bool
        True if the name as it is stands in the folder already.

    Returns
    -------
    bytes
        `name` itself if it is free and short enough, else its stem cut, a tilde, 12 hex digits, its suffix.
    """
    if not taken and len(name) <= max_bytes:
        return name
    suffix = os.fsencode(PurePosixPath(os.fsdecode(name)).suffix)
    if len(suffix) > 16:
        suffix = b""
    mark = b"~" + scan_id.replace("-", "")[-_SUFFIX_DIGITS:].encode()
    stem = name[: len(name) - len(suffix)]
    return stem[: max_bytes - len(mark) - len(suffix)] + mark + suffix
