#!/bin/sh
# @cornerstonejs/dicom-image-loader 5.14.0: every value of a 12-bit JPEG is 15 too high.
#
# A decoder of DCT-based JPEG adds half the range to what comes out of the inverse transform: 2048 at 12 bits
# (ISO/IEC 10918-1 A.3.1). The loader's decoder of JPEG Extended (transfer syntax 1.2.840.10008.1.2.4.51) scales
# an 8-bit constant, which holds its rounding, by 4095/255, and adds 2063. In a CT with a slope of 1 that is 15
# Hounsfield units. daikon 1.2.46 has the same decoder. Seen: "1000: 1000 1015", the encoder's own decoder before
# the loader's. What we do: libjpeg-turbo, as DCMTK and GDCM have it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/python -m pip install --quiet imagecodecs==2026.3.6 numpy==2.4.6
echo '{"private": true}' > package.json
npm install --no-package-lock --no-audit --no-fund --ignore-scripts --legacy-peer-deps --loglevel=error \
    @cornerstonejs/dicom-image-loader@5.14.0
venv/bin/python - <<'PYTHON'
import imagecodecs
import numpy as np

flat = np.full((16, 16), 1000, np.uint16)
stream = imagecodecs.jpeg8_encode(flat, level=100, bitspersample=12)
open("flat.jpg", "wb").write(stream)
open("own.txt", "w").write(str(int(imagecodecs.jpeg8_decode(stream).max())))
PYTHON
cat > decode.mjs <<'NODE'
import { readFileSync } from 'node:fs';
const place = './node_modules/@cornerstonejs/dicom-image-loader/dist/esm/shared/decoders/decodeJPEGBaseline12Bit-js.js';
const { default: decode } = await import(place);
const frame = { rows: 16, columns: 16, bitsAllocated: 16 };
const { pixelData } = await decode(frame, new Uint8Array(readFileSync('flat.jpg')));
process.stdout.write(`1000: ${readFileSync('own.txt')} ${Math.max(...pixelData)}\n`);
NODE
node --no-warnings decode.mjs | tee seen
grep -qx '1000: 1000 1015' seen || { echo "the behaviour has changed" >&2; exit 1; }
