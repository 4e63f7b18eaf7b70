// What a library of the web viewers makes of one DICOM file: node web_viewers.mjs PEER FILE OUT
//
// Writes OUT/0.raw and so on: the values of the first and the last frame, as 32-bit integers in the order of the
// machine; and prints what they are, as JSON: {frames: [{frame, rows, columns, samples, kind}]}, where kind is
// "stored" (values before the Modality LUT) or "rgb". Leaves with 1, and the reason on stderr, if it has no picture.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const modules = join(process.cwd(), 'node_modules'); // the folder that this is run in holds the packages
const require = createRequire(join(modules, 'none.js'));
const loader = join(modules, '@cornerstonejs', 'dicom-image-loader', 'dist', 'esm');
const importFrom = (...place) => import(pathToFileURL(join(loader, ...place)).href);

const wasm = join(process.cwd(), 'wasm'); // where all codecs look for their WebAssembly
const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';

function sameArray(bytes) {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

async function nativeFrame(dataSet, element, pixels, frame) {
  if (pixels.bitsAllocated === 1) {
    const { default: unpack } = await importFrom('imageLoader', 'wadouri', 'unpackBinaryFrame.js');
    const count = pixels.rows * pixels.columns * pixels.samplesPerPixel;
    return unpack(dataSet.byteArray, element.dataOffset + (frame * count) / 8, count);
  }
  const bits = pixels.rows * pixels.columns * pixels.samplesPerPixel * pixels.bitsAllocated;
  const size = pixels.photometricInterpretation === 'YBR_FULL_422' ? (bits / 8 / 3) * 2 : bits / 8;
  if (!Number.isInteger(size)) throw new Error('frames of parts of a byte');
  const start = element.dataOffset + frame * size;
  if (start + size > dataSet.byteArray.length) throw new Error('frame exceeds size of pixelData');
  return new Uint8Array(dataSet.byteArray.buffer.slice(start, start + size));
}

function inflated(byteArray, position) {
  const rest = require('pako').inflateRaw(byteArray.slice(position));
  const whole = new Uint8Array(position + rest.length);
  whole.set(byteArray.slice(0, position));
  whole.set(rest, position);
  return whole;
}

/** As the loader does it: by the offset table, by the ends of JPEG streams, or a fragment a frame. */
function encapsulatedFrame(parser, dataSet, element, count, frame) {
  if (element.basicOffsetTable.length) return parser.readEncapsulatedImageFrame(dataSet, element, frame);
  if (element.fragments.length !== count) {
    const table = parser.createJPEGBasicOffsetTable(dataSet, element);
    return parser.readEncapsulatedImageFrame(dataSet, element, frame, table);
  }
  return parser.readEncapsulatedPixelDataFromFragments(dataSet, element, frame);
}

/** What cornerstone3D's loader makes of a file: dicom-parser, its decoders, and its conversion of colours. */
async function cornerstone(bytes) {
  const parser = require('dicom-parser');
  const { decodeImageFrame } = await importFrom('decodeImageFrameWorker.js');
  const dataSet = parser.parseDicom(new Uint8Array(sameArray(bytes)), { inflater: inflated });
  const syntax = dataSet.string('x00020010');
  const element = dataSet.elements.x7fe00010;
  if (!element) throw new Error('no pixel data');
  const about = {
    rows: dataSet.uint16('x00280010'),
    columns: dataSet.uint16('x00280011'),
    samplesPerPixel: dataSet.uint16('x00280002'),
    photometricInterpretation: dataSet.string('x00280004'),
    planarConfiguration: dataSet.uint16('x00280006') || 0,
    bitsAllocated: dataSet.uint16('x00280100'),
    bitsStored: dataSet.uint16('x00280101'),
    pixelRepresentation: dataSet.uint16('x00280103'),
  };
  const count = dataSet.intString('x00280008') || 1;
  const decode = async (frame) => {
    const data = element.encapsulatedPixelData
      ? encapsulatedFrame(parser, dataSet, element, count, frame)
      : await nativeFrame(dataSet, element, about, frame);
    const options = { preScale: { enabled: false } };
    const decoded = await decodeImageFrame({ ...about }, syntax, data, { wasmBasePath: wasm }, options);
    return coloured(decoded, about, syntax);
  };
  return { count, decode };
}

async function coloured(decoded, about, syntax) {
  const { rows, columns, samplesPerPixel, planarConfiguration, photometricInterpretation } = about;
  let pixels = decoded.pixelData;
  if (samplesPerPixel === 1) return { rows, columns, samples: 1, kind: 'stored', pixels };
  const { default: isRequired } = await importFrom('imageLoader', 'isColorConversionRequired.js');
  const converter = async (name) => (await importFrom('imageLoader', 'colorSpaceConverters', `${name}.js`)).default;
  if (syntax !== JPEG_BASELINE && isRequired({ ...about, pixelDataLength: pixels.length })) {
    const by = planarConfiguration === 1 ? 'Plane' : 'Pixel';
    const rgb = new Uint8ClampedArray(3 * rows * columns);
    if (photometricInterpretation === 'YBR_FULL_422') (await converter('convertYBRFull422ByPixel'))(pixels, rgb);
    else if (photometricInterpretation === 'YBR_FULL') (await converter(`convertYBRFullBy${by}`))(pixels, rgb);
    else if (photometricInterpretation === 'RGB') (await converter(`convertRGBColorBy${by}`))(pixels, rgb);
    else (await converter('convertRGBColorByPixel'))(pixels, rgb);
    pixels = rgb;
  }
  return { rows, columns, samples: 3, kind: 'rgb', pixels };
}

/** daikon, whose codecs are JavaScript throughout. */
async function daikon(bytes) {
  const library = require('daikon');
  const image = library.Series.parseImage(new DataView(sameArray(bytes)));
  if (image === null) throw new Error(String(library.Series.parserError));
  const count = image.getNumberOfFrames() || 1;
  const [rows, columns] = [image.getRows(), image.getCols()];
  const raw = image.getRawData();
  const isPalette = image.getPhotometricInterpretation() === 'PALETTE COLOR'; // it has applied the palette
  const samples = isPalette ? 3 : image.getNumberOfSamplesPerPixel();
  const bits = image.getBitsAllocated();
  if (bits !== 8 && bits !== 16) throw new Error('neither 8 nor 16 bits');
  const size = rows * columns * samples * (bits / 8);
  const decode = async (frame) => {
    if ((frame + 1) * size > raw.byteLength) throw new Error('fewer values than pixels');
    const view = new DataView(raw, frame * size, size);
    const littleEndian = image.isCompressed() ? true : image.littleEndian;
    const pixels = Int32Array.from({ length: rows * columns * samples }, (_, place) =>
      bits === 8 ? view.getUint8(place) : view.getUint16(2 * place, littleEndian),
    );
    const isShown = isPalette || (samples === 3 && image.getTransferSyntax() === JPEG_BASELINE);
    const kind = isShown ? 'rgb' : 'stored';
    return { rows, columns, samples, kind, pixels };
  };
  return { count, decode };
}

const [peer, file, out] = process.argv.slice(2);
console.log = console.warn = console.info = () => {};
try {
  const { count, decode } = await { cornerstone, daikon }[peer](readFileSync(file));
  const frames = [];
  for (const frame of new Set([0, count - 1])) {
    const { pixels, ...about } = await decode(frame);
    if (pixels.length !== about.rows * about.columns * about.samples) throw new Error('another number of pixels');
    writeFileSync(join(out, `${frames.length}.raw`), new Uint8Array(Int32Array.from(pixels).buffer));
    frames.push({ frame, ...about });
  }
  process.stdout.write(JSON.stringify({ frames }));
} catch (error) {
  process.stderr.write(String(error?.message ?? error));
  process.exitCode = 1;
}
