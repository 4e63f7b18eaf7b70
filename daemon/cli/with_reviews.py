"""`--with-reviews`: what people reviewed on a spool is learned from, beside other labelled pictures."""

import csv
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from daemon.cli.arguments import counted
from daemon.cli.output import note

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from daemon.settings.fields import Settings

PROVENANCE: Final = "reviews"
"""Where pictures come from whose label is that of a review; the card names it, and measures it by itself."""
FOLDER: Final = "with_reviews"
_BEGUN: Final = ("settings.json", "audit")  # what a training or a build leaves once it has begun

WithReviews = Annotated[
    bool,
    typer.Option(
        "--with-reviews",
        help="Learn also from the scans of the spool that were reviewed, as a provenance of its own.",
    ),
]


def joined_with_reviews(data: Path, settings: "Settings", out: Path) -> Path:
    """Write a manifest of labelled pictures and of the scans of a spool that reviews label.

    What has begun in the folder goes on with the manifest that it began with, whatever was reviewed since.

    Parameters
    ----------
    data : Path
        Labelled pictures; see `model.lab.audit.collection.read_collection`.
    settings : Settings
        Of the spool and its database.
    out : Path
        The folder of the training or build; gets the manifest in a folder of its own.

    Returns
    -------
    Path
        The manifest.

    Raises
    ------
    MissingFileError, DatabaseUnavailable, SchemaNotAtHead
        The database cannot be read.
    DatasetError
        The labelled pictures cannot be used, or one has a name that no manifest can hold.
    """
    from model.lab.audit.collection import read_collection
    from model.lab.dataset.examples import DatasetError

    manifest = out / FOLDER / "manifest.csv"
    if manifest.is_file() and any((out / name).exists() for name in _BEGUN):
        note("reviews are those with which this began")
        return manifest
    reviewed = list(_reviewed(settings))
    labelled: list[Mapping[str, str]] = [
        {**one.columns, "file": str(one.path.resolve())}
        | {"label": one.label, "provenance": one.provenance, "split": one.split}
        for one in read_collection(data)
    ]
    if not all(_is_utf_8(row["file"]) for row in labelled):
        raise DatasetError("a labelled picture has a name that is no UTF-8: rename it")
    _write(manifest, [*labelled, *reviewed])
    note(f"learning also from {counted(len(reviewed), 'reviewed scan')}, as the provenance {PROVENANCE}")
    return manifest


def _reviewed(settings: "Settings") -> "Iterator[Mapping[str, str]]":
    """Yield a row of the manifest for each reviewed scan whose file is there."""
    from daemon.cli.open_results import reading
    from daemon.spool.folders import Spool
    from daemon.spool.names import decode_name
    from storage.labelled import labelled_scans

    root, gone = Spool(settings.spool).root, 0
    with reading(settings) as engine:
        found = labelled_scans(engine)
    for one in found:
        file = root.absolute() / os.fsdecode(decode_name(one.stored_path))
        if file.is_file() and _is_utf_8(str(file)):
            yield {"file": str(file), "label": one.label, "provenance": PROVENANCE}
        else:
            gone += 1
    if gone:
        note(f"left out, for their files are gone or have a name that is no UTF-8: {counted(gone, 'scan')}")


def _is_utf_8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _write(manifest: Path, rows: "list[Mapping[str, str]]") -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row if name))
    manifest.parent.mkdir(parents=True, exist_ok=True)
    with manifest.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
