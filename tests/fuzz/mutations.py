"""Mutations by number: the same seed gives the same file, on every machine."""

import random
import struct
import zlib

_LENGTHS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF)
_HEADER_BYTES = 1024


def mutate(name, seed, data):
    """Damage a file in one of eight ways, often more than once.

    Parameters
    ----------
    name : str
        The sample's.
    seed : int
    data : bytes

    Returns
    -------
    bytes
    """
    generator = random.Random(f"{name} {seed}")  # noqa: S311 - to be repeated, not to be secret
    changed = bytearray(data)
    for _ in range(generator.choice((1, 1, 1, 2, 4, 16))):
        generator.choices(_WAYS, _WEIGHTS)[0](generator, changed)
    if data.startswith(b"\x89PNG") and seed % 2:
        mend_checksums(changed)
    return bytes(changed)


def _place(generator, changed):
    """Somewhere; in the header half of the time, where most of the meaning is."""
    end = min(len(changed), _HEADER_BYTES) if generator.random() < 0.5 else len(changed)
    return generator.randrange(max(end, 1))


def _flip_bit(generator, changed):
    if changed:
        changed[_place(generator, changed)] ^= 1 << generator.randrange(8)


def _change_byte(generator, changed):
    if changed:
        changed[_place(generator, changed)] = generator.randrange(256)


def _lie_about_a_length(generator, changed):
    layout = generator.choice(("<H", ">H", "<L", ">L"))
    value = generator.choice(_LENGTHS) & (0xFFFF if layout[1] == "H" else 0xFFFFFFFF)
    place, packed = _place(generator, changed), struct.pack(layout, value)
    changed[place : place + len(packed)] = packed


def _cut(generator, changed):
    del changed[_place(generator, changed) :]


def _take_out(generator, changed):
    place = _place(generator, changed)
    del changed[place : place + generator.randrange(1, 65)]


def _put_in(generator, changed):
    place = _place(generator, changed)
    changed[place:place] = generator.randbytes(generator.randrange(1, 65))


def _repeat(generator, changed):
    place = _place(generator, changed)
    changed[place:place] = changed[place : place + generator.randrange(1, 257)] * generator.randrange(1, 9)


def _blank(generator, changed):
    place, length = _place(generator, changed), generator.randrange(1, 129)
    blank = bytes([generator.choice((0, 0xFF))]) * length
    changed[place : place + length] = blank


_WAYS = (_flip_bit, _change_byte, _lie_about_a_length, _cut, _take_out, _put_in, _repeat, _blank)
_WEIGHTS = (6, 6, 3, 1, 1, 1, 1, 1)  # most files that were cut or shifted end alike


def mend_checksums(changed):
    """Make the checksums of a PNG right again: else no mutation would come past them."""
    place = 8
    while place + 12 <= len(changed):
        end = place + 8 + struct.unpack_from(">L", changed, place)[0]
        if end + 4 > len(changed):
            return
        changed[end : end + 4] = zlib.crc32(changed[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
