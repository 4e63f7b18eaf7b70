"""The objects that an archive gives out, beside those that it was given, and as others see them."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from daemon.network.rehearsal import judges
from daemon.network.rehearsal.archive import Archive
from daemon.network.sending.entries import Entry
from model.pictures.write import to_8_bit
from model.reading.dicom.element_walk import read_outline
from model.reading.prepare import open_pictures

COLUMNS: Final = ("file", "object", "state", "fetched", "dciodvfy", "dcentvfy", "read", "shown")
"""Of each object: its scan's file; its kind; what the archive says of it; whether it gives the same data set
out; what validators find in it and its study; whether a reader of its kind reads it; what a viewer shows."""


def objects_back(
    archive: Archive, objects: Sequence[Entry], files: Mapping[str, Path], work: Path
) -> list[dict[str, Any]]:
    """Fetch each object, and have it judged.

    Parameters
    ----------
    archive : Archive
    objects : sequence of Entry
        As they were sent.
    files : mapping of str to Path
        The files of the scans, by scan id.
    work : Path
        A folder, to be filled.

    Returns
    -------
    list of dict
        A row an object, with `COLUMNS`.
    """
    fetched = {entry: archive.file(entry.sop_instance_uid) for entry in objects}
    studies: dict[str, list[Path]] = {}
    for number, (entry, content) in enumerate(fetched.items()):
        if content is not None:
            path = work / f"{number}-{entry.kind}.dcm"
            path.write_bytes(content)
            studies.setdefault(entry.scan_id, []).append(path)
    agreed = {scan: judges.consistency([*paths, files[scan]]) for scan, paths in studies.items()}
    rows = []
    for number, (entry, content) in enumerate(fetched.items()):
        row: dict[str, Any] = {
            "file": str(files[entry.scan_id]),
            "object": entry.kind,
            "state": str(entry.state),
        }
        row |= {"fetched": content is not None and data_set(content) == data_set(entry.path.read_bytes())}
        path = work / f"{number}-{entry.kind}.dcm"
        row |= {"dciodvfy": "", "dcentvfy": "", "read": "", "shown": ""}
        if content is not None:
            row["dciodvfy"] = judges.validity(path)
            row["dcentvfy"] = agreed[entry.scan_id]
            row["read"] = judges.readability(entry.kind, path)
            row["shown"] = _shown(archive, entry, path, files[entry.scan_id], work)
        rows.append(row)
    return rows


def data_set(content: bytes) -> bytes:
    """Return what stands behind the File Meta Information, which an archive may write anew.

    Parameters
    ----------
    content : bytes
        Of a DICOM file.

    Returns
    -------
    bytes
    """
    return content[read_outline(BytesIO(content), len(content)).dataset_at :]


def is_good(row: Mapping[str, Any]) -> bool:
    """Return whether nothing of a row is bad; what could not be asked is not.

    Parameters
    ----------
    row : mapping

    Returns
    -------
    bool
    """
    asked = (row["dciodvfy"], row["dcentvfy"], row["read"], row["shown"])
    fine = (judges.GOOD, judges.NOT_INSTALLED, judges.NOT_ASKED)
    return (
        bool(row["fetched"])
        and row["state"] in ("confirmed", "unconfirmed")
        and all(one in fine for one in asked)
    )


def _shown(archive: Archive, entry: Entry, path: Path, image: Path, work: Path) -> str:
    """Say what a viewer shows: of a capture the archive itself, of a presentation state DCMTK."""
    if entry.kind == "sc":
        picture = archive.picture(entry.sop_instance_uid)
        if picture is None:
            return "not shown"
        return judges.likeness(
            *(to_8_bit(next(iter(open_pictures(one)))) for one in (picture, path.read_bytes()))
        )
    if entry.kind == "gsps":
        shown = judges.shown_by_state(path, image, work)
        if isinstance(shown, str):
            return shown
        if shown is None:
            return judges.NOT_ASKED
        return judges.likeness(shown, to_8_bit(next(iter(open_pictures(image.read_bytes())))))
    return judges.NOT_ASKED
