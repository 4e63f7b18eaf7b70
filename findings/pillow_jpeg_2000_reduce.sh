#!/bin/sh
# Pillow 13.0.0: `reduce` of a whole JPEG 2000 picture calls it broken, depending on its size.
#
# A level of resolution of a JPEG 2000 picture has its size divided by 2, 4, 8 and rounded up (ISO/IEC 15444-1
# B.5), and so OpenJPEG gives it. Pillow expects it rounded to the nearest: the same at a half, and another at a
# quarter where the size leaves 1 when divided by 4. There load() says "broken data stream when reading image
# file". Guessed: a quarter of 1433 x 1792 is 359 x 448. Seen: a half is (717, 896), a quarter raises that; of
# 1436 x 1792 it is (359, 448). What we do: tell Pillow a size that is a multiple of the step
# (model/reading/decoders/jpeg_2000_levels.py).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet pillow==13.0.0
cat > reduce.py <<'PYTHON'
import io

from PIL import Image


def reduced(width, height, levels):
    written = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).save(written, "JPEG2000", irreversible=False)
    picture = Image.open(written)
    picture.reduce = levels
    try:
        picture.load()
    except OSError as error:
        return str(error)
    return picture.size


print(reduced(1433, 1792, 1))
print(reduced(1433, 1792, 2))
print(reduced(1436, 1792, 2))
PYTHON
venv/bin/python reduce.py > seen.txt
cat seen.txt
[ "$(sed -n 1p seen.txt)" = "(717, 896)" ]
[ "$(sed -n 2p seen.txt)" = "broken data stream when reading image file" ]
[ "$(sed -n 3p seen.txt)" = "(359, 448)" ]
