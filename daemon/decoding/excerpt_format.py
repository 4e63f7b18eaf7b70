"""The excerpt of a header in an answer: its bytes, written by a child and read by one who believes none."""

import math
import struct
from collections.abc import Callable
from typing import Any, Final, get_args

import numpy as np

from daemon.decoding.answer_values import ValueReader, write_text
from daemon.decoding.messages import MalformedAnswerError
from model.reading.display import LookupTable, Rescale, Window, WindowFunction
from model.reading.excerpt import KEYWORDS, Excerpt, ShownFrame

_FUNCTIONS: Final = get_args(WindowFunction)
_MOST_ENTRIES: Final = 1 << 16
_MOST_PIXELS: Final = 1 << 20  # a side
_LARGEST: Final = 1e31  # of a number that says how to show a picture
_NOTHING, _NUMBERS, _TABLE = range(3)


def write_excerpt(excerpt: Excerpt | None) -> bytes:
    """Write an excerpt, or that there is none.

    Parameters
    ----------
    excerpt : Excerpt or None

    Returns
    -------
    bytes
    """
    if excerpt is None:
        return b"\0"
    parts = [struct.pack("<BBd", 1, len(excerpt.texts), excerpt.aspect)]
    for keyword, text in excerpt.texts.items():
        parts += [bytes((KEYWORDS.index(keyword),)), write_text(text)]
    shown = excerpt.shown
    if shown is None:
        return b"".join([*parts, b"\0"])
    kinds = (shown.is_grey, shown.is_inverse, shown.has_negative)
    parts += [struct.pack("<BII???", 1, shown.rows, shown.columns, *kinds)]
    return b"".join([*parts, _transformation(shown.modality), _transformation(shown.voi)])


def read_excerpt(reader: ValueReader) -> Excerpt | None:
    """Read an excerpt, or that there is none.

    Parameters
    ----------
    reader : ValueReader
        At its beginning.

    Returns
    -------
    Excerpt or None

    Raises
    ------
    MalformedAnswerError
    """
    if not reader.one_of((False, True)):
        return None
    count, aspect = reader.unpack("<Bd")
    if not 0.01 < aspect < 100:  # nor NaN
        raise MalformedAnswerError
    texts = {reader.one_of(KEYWORDS): reader.text() or "" for _ in range(count)}
    if len(texts) != count:
        raise MalformedAnswerError
    if not reader.one_of((False, True)):
        return Excerpt(texts, aspect)
    rows, columns = reader.number(), reader.number()
    is_grey, is_inverse, has_negative = (reader.one_of((False, True)) for _ in range(3))
    modality, voi = _read_transformation(reader, _rescale), _read_transformation(reader, _window)
    if voi is None or not (0 < rows <= _MOST_PIXELS and 0 < columns <= _MOST_PIXELS):
        raise MalformedAnswerError
    kinds = (is_grey, is_inverse, has_negative)
    return Excerpt(texts, aspect, ShownFrame(rows, columns, *kinds, modality, voi))


def _transformation(one: Rescale | Window | LookupTable | None) -> bytes:
    if isinstance(one, Rescale):
        return struct.pack("<B2d", _NUMBERS, one.slope, one.intercept)
    if isinstance(one, Window):
        return struct.pack("<B2dB", _NUMBERS, one.center, one.width, _FUNCTIONS.index(one.function))
    if isinstance(one, LookupTable):
        entries = one.entries.astype("<u2").tobytes()
        return struct.pack("<BqII", _TABLE, one.first, one.maximum, len(one.entries)) + entries
    return bytes((_NOTHING,))


def _read_transformation(reader: ValueReader, read: Callable[[ValueReader], Any]) -> Any:
    kind = reader.one_of((_NOTHING, _NUMBERS, _TABLE))
    if kind == _NOTHING:
        return None
    if kind == _NUMBERS:
        return read(reader)
    first, maximum, count = reader.unpack("<qII")
    if not (-_MOST_ENTRIES // 2 <= first < _MOST_ENTRIES and 0 < maximum < _MOST_ENTRIES):
        raise MalformedAnswerError
    if not 0 < count <= _MOST_ENTRIES:
        raise MalformedAnswerError
    entries = np.frombuffer(bytes(reader.take(2 * count)), "<u2").astype(np.uint16)
    if entries.max() > maximum:
        raise MalformedAnswerError
    return LookupTable(first, entries, maximum)


def _rescale(reader: ValueReader) -> Rescale:
    slope, intercept = (_finite(number) for number in reader.unpack("<2d"))
    if slope == 0:
        raise MalformedAnswerError
    return Rescale(slope, intercept)


def _window(reader: ValueReader) -> Window:
    center, width = (_finite(number) for number in reader.unpack("<2d"))
    function = reader.one_of(_FUNCTIONS)
    if width <= 0:
        raise MalformedAnswerError
    return Window(center, width, function)


def _finite(number: float) -> float:
    if not math.isfinite(number) or abs(number) > _LARGEST:
        raise MalformedAnswerError
    return number
