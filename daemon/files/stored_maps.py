"""The heat maps that rows hold, drawn over the files that they were made from; no network runs."""

import os
from typing import TYPE_CHECKING

from daemon.decoding.messages import CANNOT_WRITE, HeatMapRequest
from daemon.errors import BadDataError, CannotCreateError, MissingFileError, errno_name
from daemon.pictures.placing import place_pictures, refused
from daemon.spool.folders import Spool
from daemon.spool.names import decode_name
from storage.vocabulary import ABSTAINED, CLASSIFIED

if TYPE_CHECKING:
    from daemon.decoding.messages import Decoded
    from daemon.decoding.pool import DecoderPool
    from storage.scan_detail import ScanDetail

_ID_DIGITS = 12
"""The end of a scan's id, which is drawn by chance: two files of one name have two pictures."""


def draw_stored_maps(
    detail: "ScanDetail", spool: Spool, pool: "DecoderPool", out: bytes, work: bytes
) -> tuple[bytes, ...]:
    """Draw a scan's stored heat maps over its pictures, abstained frames too, and put them into a folder.

    Parameters
    ----------
    detail : ScanDetail
    spool : Spool
        In which its file lies.
    pool : DecoderPool
        Open.
    out : bytes
        The folder for the pictures; it is there.
    work : bytes
        A folder in it for what is being written.

    Returns
    -------
    tuple of bytes
        Paths of the pictures, one a frame: the name of the file, the end of its id, and ``-heatmap.png``.

    Raises
    ------
    BadDataError, MissingFileError, InputOutputError
        As `draw_maps_into`.
    CannotCreateError
        The picture is there already.
    """
    scan_id = detail.scan["scan_id"]
    folder = os.path.join(work, scan_id.encode())
    draw_maps_into(folder, detail, spool, pool)
    name = os.path.basename(decode_name(detail.scan["stored_path"]))
    target = os.path.join(out, name + f"-{scan_id[-_ID_DIGITS:]}-heatmap".encode())
    try:
        return place_pictures(folder, target, scan_id[-_ID_DIGITS:])
    except FileExistsError:
        raise CannotCreateError(
            f"the heat map of scan {scan_id} is in that folder already; name another by --out"
        ) from None
    except OSError as error:
        raise refused(errno_name(error)) from None


def draw_maps_into(
    folder: bytes, detail: "ScanDetail", spool: Spool, pool: "DecoderPool", *, only: int | None = None
) -> None:
    """Draw a scan's stored heat maps over its pictures.

    Parameters
    ----------
    folder : bytes
        Gets ``0001.png`` and so on, one a frame; made if it is not there.
    detail : ScanDetail
    spool : Spool
    pool : DecoderPool
        Open.
    only : int, optional
        Number of the one frame that is wanted, from 1; without, all.

    Raises
    ------
    BadDataError
        The scan has no map, or its file is another one now, or can no longer be decoded.
    MissingFileError
        Its file is not where its row says.
    InputOutputError
        The folder takes no picture.
    """
    request = _request(detail, folder, only)
    check_drawn(detail, pool.draw(stored_file(detail, spool), request).result())


def stored_file(detail: "ScanDetail", spool: Spool) -> bytes:
    """Return the path of a scan's file.

    Parameters
    ----------
    detail : ScanDetail
    spool : Spool

    Returns
    -------
    bytes

    Raises
    ------
    MissingFileError
        It is not where its row says.
    """
    path = os.path.join(os.fsencode(spool.root), decode_name(detail.scan["stored_path"]))
    if not os.path.lexists(path):
        raise MissingFileError(
            f"the file of scan {detail.scan['scan_id']} is not where its row says: it was requeued, or "
            "removed since; or this user may not look there"
        )
    return path


def check_drawn(detail: "ScanDetail", decoded: "Decoded") -> None:
    """Refuse what a child drew if it is not of the scan's own file.

    Parameters
    ----------
    detail : ScanDetail
    decoded : Decoded
        Its answer.

    Raises
    ------
    BadDataError
        The file is another one now, or can no longer be decoded.
    InputOutputError
        The folder took no picture.
    """
    scan_id = detail.scan["scan_id"]
    if decoded.error_code == CANNOT_WRITE:
        raise refused(decoded.warnings[0])
    if decoded.sha256 is not None and decoded.sha256 != detail.scan["sha256"]:
        raise BadDataError(
            f"the file of scan {scan_id} has changed since it was answered, which was for what it was: "
            f"`inboxray requeue {scan_id}` answers it again"
        )
    if decoded.outcome is not None:
        raise BadDataError(
            f"the file of scan {scan_id} cannot be decoded now: {decoded.error_code}; run this as a user who "
            "may read it, or see what that code means in docs/results.md"
        )


def _request(detail: "ScanDetail", folder: bytes, only: int | None) -> HeatMapRequest:
    """Gather the maps of the model that answered, one a frame."""
    if detail.scan["outcome"] != CLASSIFIED:
        raise BadDataError(
            f"scan {detail.scan['scan_id']} has no heat map: it was {detail.scan['outcome']} "
            f"({detail.scan['error_code']}); `inboxray explain` says why"
        )
    rows = [row for row in detail.predictions if row["model_id"] == detail.scan["model_id"]]
    maps = {row["frame"]: row["heat_map"] for row in rows if only in (None, row["frame"])}
    if not maps:
        raise MissingFileError(f"scan {detail.scan['scan_id']} has no frame {only}")
    if not any(maps.values()):
        raise BadDataError(f"scan {detail.scan['scan_id']} has no heat map: its model made none")
    return HeatMapRequest(
        folder,
        tuple(maps.get(frame) for frame in range(1, max(maps) + 1)),
        frozenset(row["frame"] for row in rows if row["decision"] == ABSTAINED),
    )
