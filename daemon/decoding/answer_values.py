"""The values that an answer of a child consists of: written without doubt, and read with all of it."""

import re
import struct
from typing import Any, Final

from daemon.decoding.messages import MalformedAnswerError

_NONE: Final = 0xFFFF
_MOST_CHARACTERS: Final = 2048
_MOST_WORDS: Final = 64
_WORD: Final = re.compile(r"[A-Za-z0-9_]{1,64}")


def write_text(value: str | None) -> bytes:
    """Write a text: its length (uint16, 65535: none) and UTF-8.

    Parameters
    ----------
    value : str or None
        Cut if it is too long.

    Returns
    -------
    bytes
    """
    if value is None:
        return struct.pack("<H", _NONE)
    content = value[:_MOST_CHARACTERS].encode("utf-8", "surrogatepass")
    return struct.pack("<H", len(content)) + content


def write_texts(texts: tuple[str, ...]) -> bytes:
    """Write a list of texts: how many (uint8), and each.

    Parameters
    ----------
    texts : tuple of str
        Cut if there are too many.

    Returns
    -------
    bytes
    """
    return bytes((len(texts[:_MOST_WORDS]),)) + b"".join(write_text(one) for one in texts[:_MOST_WORDS])


class ValueReader:
    """Takes one value after the other from bytes that may hold anything; each method raises if it is none.

    Parameters
    ----------
    content : bytes

    Raises
    ------
    MalformedAnswerError
    """

    def __init__(self, content: bytes) -> None:
        self._left = memoryview(content)

    def end(self) -> None:
        """Refuse what stands behind the last value."""
        _require(not self._left)

    def one_of(self, values: tuple[Any, ...]) -> Any:
        """Take the place of a value among those that it may be (uint8).

        Parameters
        ----------
        values : tuple

        Returns
        -------
        object
        """
        (place,) = self.unpack("<B")
        _require(place < len(values))
        return values[place]

    def number(self) -> int:
        """Take a number (uint32).

        Returns
        -------
        int
        """
        return int(self.unpack("<I")[0])

    def text(self) -> str | None:
        """Take a text, or none.

        Returns
        -------
        str or None
        """
        (length,) = self.unpack("<H")
        if length == _NONE:
            return None
        value = _decoded(self.take(length))
        _require(len(value) <= _MOST_CHARACTERS)
        return value

    def texts(self) -> tuple[str, ...]:
        """Take a list of texts.

        Returns
        -------
        tuple of str
        """
        (count,) = self.unpack("<B")
        _require(count <= _MOST_WORDS)
        return tuple(self.text() or "" for _ in range(count))

    def words(self) -> tuple[str, ...]:
        """Take a list of words, which may be logged.

        Returns
        -------
        tuple of str
        """
        found = self.texts()
        _require(all(_WORD.fullmatch(word) for word in found))
        return found

    def unpack(self, form: str) -> tuple[Any, ...]:
        """Take numbers.

        Parameters
        ----------
        form : str
            As of `struct`.

        Returns
        -------
        tuple
        """
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def take(self, length: int) -> memoryview:
        """Take bytes.

        Parameters
        ----------
        length : int

        Returns
        -------
        memoryview
        """
        _require(length <= len(self._left))
        taken, self._left = self._left[:length], self._left[length:]
        return taken


def _require(is_sound: bool) -> None:  # noqa: FBT001 -- reads as a sentence
    if not is_sound:
        raise MalformedAnswerError


def _decoded(content: memoryview) -> str:
    try:
        return str(content, "utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise MalformedAnswerError from None
