#!/bin/sh
# Pillow 13.0.0: JPEG 2000 of 10, 12 or 15 bits comes with its values moved up to fill 16 bits, signed ones without their sign.
#
# Guessed: the encoded values, as OpenJPEG's other callers give them. Seen: 12 bits, 4095 reads as 65520, so white is not 65535
# either; signed -128 of 12 bits reads as 30720. 8 and 16 bits come as they are. What we do: move them back by the precision
# that the codestream states, and decode signed frames with another library.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet pillow==13.0.0 imagecodecs==2026.3.6 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import io

import imagecodecs
import numpy as np
from PIL import Image


def both(values, bits):
    stream = imagecodecs.jpeg2k_encode(values, codecformat="j2k", bitspersample=bits, reversible=True, level=0)
    return np.asarray(imagecodecs.jpeg2k_decode(stream)), np.asarray(Image.open(io.BytesIO(stream)))


seen = {}
for bits in (8, 10, 12, 15, 16):
    ramp = np.linspace(0, (1 << bits) - 1, 64 * 64).astype("u1" if bits == 8 else "u2").reshape(64, 64)
    decoded, pillow = both(ramp, bits)
    assert np.array_equal(decoded, ramp)
    assert np.array_equal(pillow >> (max(8, 16 * (bits > 8)) - bits), ramp)
    seen[bits] = int(pillow.max())
    print(f"{bits} bits: largest value {decoded.max()}, with Pillow {pillow.max()}")
assert seen == {8: 255, 10: 65472, 12: 65520, 15: 65534, 16: 65535}, "the behaviour has changed"
decoded, pillow = both(np.tile(np.arange(-128, 128, dtype=np.int16), (16, 1)), 12)
print(f"12 bits, signed: {decoded.min()} to {decoded.max()}, with Pillow {pillow.min()} to {pillow.max()}")
assert (decoded.min(), pillow.min(), pillow.max()) == (-128, 30720, 34800), "the behaviour has changed"
PYTHON
