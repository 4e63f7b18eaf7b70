"""A DICOM file for research, made of another: a new header, and the pixel data element byte for byte.

References
----------
PS3.10 7.1 DICOM File Meta Information; PS3.15 E.1.1; PS3.5 A.4 Encapsulation, A.5 Deflated.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model.deidentification.burned_in import signs_of
from model.deidentification.encoding import UNDEFINED, Encoding
from model.deidentification.header import HeaderWriter, raw_value
from model.deidentification.pseudonyms import Pseudonyms
from model.dicom_results.derived_uid import derived_uid
from model.errors import BadHeader, UnknownFormat
from model.reading.dicom.file import DicomFile, header_dataset, open_dicom
from model.reading.dicom.outline import DEFLATED, PIXEL_TAGS, PixelElement, PixelForm
from model.reading.limits import Limits
from model.reading.signatures import DICOM_PREFIX, DICOM_PREFIX_AT, HEAD_BYTES, Signature, recognise

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

IMPLICIT: Final = "1.2.840.10008.1.2"
EXPLICIT: Final = "1.2.840.10008.1.2.1"
BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
_PATIENT_ID, _ISSUER = 0x0010_0020, 0x0010_0021
_STUDY, _SERIES, _INSTANCE, _CLASS = 0x0020_000D, 0x0020_000E, 0x0008_0018, 0x0008_0016
_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
_STREAM_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A file that was made.

    Parameters
    ----------
    content : bytes
        Of the whole file.
    signs : tuple of str
        Why its picture may have text in it; of `model.deidentification.burned_in.SIGNS`.
    warnings : tuple of str
        What else was odd, by category.
    """

    content: bytes
    signs: tuple[str, ...]
    warnings: tuple[str, ...]


def deidentify(data: bytes, key: bytes, method: str, limits: Limits) -> Deidentified:
    """Make a file for research.

    Parameters
    ----------
    data : bytes
        A DICOM file with a picture.
    key : bytes
        See `Pseudonyms`.
    method : str
        What de-identifies, for people: 64 characters.
    limits : Limits
        What the file may ask for.

    Returns
    -------
    Deidentified
        The same key and file give the same bytes.

    Raises
    ------
    ScanError
        The file cannot be read, or has no picture.
    """
    if recognise(data[:HEAD_BYTES]) not in (Signature.DICOM, Signature.BARE_DICOM):
        raise UnknownFormat
    source = open_dicom(data, limits)
    pixels = source.outline.pixels
    assert pixels is not None
    dataset = header_dataset(source.data, source.outline)  # unread: each value as it lies in the file
    syntax, encoding = _written_as(source, pixels)
    pseudonyms = Pseudonyms(key)
    patient = pseudonyms.patient(*_identity(dataset, data))
    instance = _plain(dataset, _INSTANCE)
    uid = pseudonyms.uid(instance or hashlib.sha256(data).hexdigest())
    writer = HeaderWriter(encoding, pseudonyms, patient)
    made = writer.elements(dataset, uid, method)
    sop_class = _sop_class(source)
    made[_CLASS] = encoding.element(_CLASS, "UI", sop_class.encode())
    for tag in (_STUDY, _SERIES):  # of type 1: one that lacks it is alone in its study
        if not _plain(dataset, tag):
            made[tag] = encoding.element(tag, "UI", pseudonyms.uid(f"{tag} of {uid}").encode())
    body = b"".join(made[tag] for tag in sorted(made)) + _pixel_element(source, pixels, encoding)
    if syntax == DEFLATED:
        body = _deflated(body)
    return Deidentified(
        bytes(DICOM_PREFIX_AT) + DICOM_PREFIX + _meta(sop_class, uid, syntax) + body,
        signs_of(dataset, _stream(source, pixels)),
        tuple(sorted(writer.warnings)),
    )


def _identity(dataset: "Dataset", data: bytes) -> tuple[bytes, ...]:
    """Return what is the patient's alone: without an identifier each study is a patient of its own."""
    number, issuer = ((raw_value(dataset, tag) or b"").strip(b" \0") for tag in (_PATIENT_ID, _ISSUER))
    if number:
        return b"patient", number, issuer
    study = _plain(dataset, _STUDY)
    return (b"study", study.encode()) if study else (b"file", data)


def _written_as(source: DicomFile, pixels: PixelElement) -> tuple[str, Encoding]:
    """Say in which transfer syntax the file is written: that of the original, if it is true.

    Raises
    ------
    BadHeader
        Pixels are compressed, and nothing says how.
    """
    found = source.outline
    stated = source.header.transfer_syntax_uid
    is_big = found.is_big_endian
    if pixels.form is not PixelForm.NATIVE:
        if stated is None:
            raise BadHeader("nothing says how the pixels are compressed")
        return stated, Encoding(is_implicit=False, is_big_endian=is_big)
    true = BIG_ENDIAN if is_big else IMPLICIT if found.is_implicit else EXPLICIT
    is_other = stated is not None and stated not in (IMPLICIT, EXPLICIT, BIG_ENDIAN)
    syntax = stated if is_other and stated is not None else true
    return syntax, Encoding(found.is_implicit, is_big)


def _sop_class(source: DicomFile) -> str:
    """Return the class of an image; one of its maker's own could name a site."""
    stated = (source.header.sop_class_uid or "").strip(" \0")
    return stated if stated.startswith("1.2.840.10008.") else _CAPTURE


def _pixel_element(source: DicomFile, pixels: PixelElement, encoding: Encoding) -> bytes:
    data = source.data
    tag = next(tag for tag, keyword in PIXEL_TAGS.items() if keyword == pixels.keyword)
    if pixels.length is not None:
        value = data[pixels.value_at : pixels.value_at + pixels.length]
    else:
        value = data[pixels.value_at : _end_of_items(data, pixels.value_at)]
    vr = pixels.vr or ("OW" if pixels.form is PixelForm.NATIVE else "OB")
    return encoding.head(tag, vr, UNDEFINED if pixels.length is None else len(value)) + value


def _end_of_items(data: bytes, place: int) -> int:
    """Return where fragments end: behind the delimiter, or where the file does."""
    while data[place : place + 4] == _ITEM:
        place += 8 + struct.unpack_from("<L", data, place + 4)[0]
    return place + 8 if data[place : place + 4] == _END else min(place, len(data))


def _stream(source: DicomFile, pixels: PixelElement) -> bytes:
    """Return how the first encoded frame begins."""
    data, place = source.data, pixels.value_at
    if pixels.form is PixelForm.NATIVE:
        return b""
    if pixels.form is PixelForm.FRAGMENTS and data[place : place + 4] == _ITEM:  # a table of offsets
        place += 8 + struct.unpack_from("<L", data, place + 4)[0] + 8
    return data[place : place + _STREAM_BYTES]


def _deflated(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = stream.compress(body) + stream.flush()
    return packed + bytes(len(packed) % 2)


def _meta(sop_class: str, uid: str, syntax: str) -> bytes:
    """Write File Meta Information of our own: that of the original names who sent the file."""
    plain = Encoding(is_implicit=False, is_big_endian=False)
    elements = plain.element(0x0002_0001, "OB", b"\0\1")
    for tag, text in (
        (0x0002_0002, sop_class),
        (0x0002_0003, uid),
        (0x0002_0010, syntax),
        (0x0002_0012, derived_uid("implementation")),
    ):
        elements += plain.element(tag, "UI", text.encode())
    elements += plain.element(0x0002_0013, "SH", b"INBOXRAY")
    return plain.element(0x0002_0000, "UL", struct.pack("<L", len(elements))) + elements


def _plain(dataset: "Dataset", tag: int) -> str:
    return (raw_value(dataset, tag) or b"").decode("ascii", "replace").strip(" \0")
