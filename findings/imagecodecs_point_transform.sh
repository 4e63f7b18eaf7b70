#!/bin/sh
# imagecodecs 2026.3.6: jpegsof3_decode leaves out the point transform of a lossless JPEG.
#
# A lossless JPEG may cut the lowest bits off its values before it predicts them; its scan header says how many
# (ISO/IEC 10918-1 B.2.3, Al; H.1.2.1), and a decoder shifts them back. jpegsof3_decode gives the values as they
# were coded: with a point transform of 2 the picture is four times too dark. jpeg8_decode of the same package
# shifts them back. Seen: "0: 252 252" and "2: 252 63". What we do: the shift, where we call jpegsof3_decode.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet imagecodecs==2026.3.6 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import struct

import imagecodecs
import numpy as np


def lossless_jpeg(values, point_transform):
    """Encode 8-bit grey with selection value 1; each of 17 sizes of difference has a code of five bits."""
    coded, bits = values.astype(int) >> point_transform, ""
    for y, row in enumerate(coded):
        for x, value in enumerate(row):
            before = row[x - 1] if x else coded[y - 1][0] if y else 1 << (7 - point_transform)
            difference = int(value - before)
            size = abs(difference).bit_length()
            bits += f"{size:05b}"
            if size:
                bits += f"{difference if difference > 0 else difference + (1 << size) - 1:0{size}b}"
    bits += "1" * (-len(bits) % 8)
    scan = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\x00")
    table = bytes([0, 0, 0, 0, 0, 17]) + bytes(11) + bytes(range(17))
    return (
        b"\xff\xd8\xff\xc3" + struct.pack(">HBHHBBBB", 11, 8, *values.shape, 1, 1, 0x11, 0)
        + b"\xff\xc4" + struct.pack(">H", 2 + len(table)) + table
        + b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 1, 0, point_transform) + scan + b"\xff\xd9"
    )


picture = np.arange(0, 256, 4, dtype=np.uint8).reshape(8, 8)
seen = {}
for shift in (0, 2):
    stream = lossless_jpeg(picture, shift)
    seen[shift] = int(imagecodecs.jpeg8_decode(stream).max()), int(imagecodecs.jpegsof3_decode(stream).max())
    print(f"{shift}: {seen[shift][0]} {seen[shift][1]}")
assert seen == {0: (252, 252), 2: (252, 63)}, "the behaviour has changed"
PYTHON
