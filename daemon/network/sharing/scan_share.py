"""One scan for research: its file, the objects that report its answer about that file, and its row."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from daemon.decoding.messages import CANNOT_WRITE, Decoded, DeidentifyRequest, ExcerptRequest
from daemon.errors import BadDataError, MissingFileError
from daemon.files.stored_maps import stored_file
from daemon.network.answered import answer_of
from daemon.network.sharing.manifest import row_of
from daemon.network.sharing.share_folder import ShareFolder, disk_errors, refused
from model.deidentification.burned_in import SIGNS
from storage.vocabulary import CLASSIFIED

if TYPE_CHECKING:
    from daemon.decoding.pool import DecoderPool
    from daemon.spool.folders import Spool
    from model.deidentification.pseudonyms import Pseudonyms
    from storage.scan_detail import ScanDetail

_IMAGE: Final = "0001.png"
"""The name under which a child's file is opened, whatever it is."""
_UNREADABLE: Final = "unreadable"


class SkippedError(BadDataError):
    """A scan is left out of an export.

    Parameters
    ----------
    reason : str
        A code.
    """

    code = "skipped"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ScanSharer:
    """Makes the files of scans, one after the other.

    Parameters
    ----------
    spool : Spool
    pool : DecoderPool
        Open; of pictures of `model.dicom_results.make.PICTURE_SIZE` where there are kinds.
    pseudonyms : Pseudonyms
    folder : ShareFolder
        Held.
    kinds : sequence of str
        Of `model.dicom_results.made_object.KINDS`.
    method : str
        What the files say of who made them.
    takes_signs : bool
        Whether pictures go along that may have text in them.
    """

    def __init__(
        self,
        spool: "Spool",
        pool: "DecoderPool",
        pseudonyms: "Pseudonyms",
        folder: ShareFolder,
        kinds: Sequence[str],
        *,
        method: str,
        takes_signs: bool,
    ) -> None:
        self._spool, self._pool, self._pseudonyms, self._folder = spool, pool, pseudonyms, folder
        self._kinds, self._method, self._takes_signs = tuple(kinds), method, takes_signs

    def share(self, detail: "ScanDetail") -> bool:
        """Put a scan into the folder, unless it is there.

        Parameters
        ----------
        detail : ScanDetail

        Returns
        -------
        bool
            Whether it was made now.

        Raises
        ------
        SkippedError
            It does not belong there; with the reason.
        InputOutputError
            The disk of the folder refused.
        """
        if detail.scan["outcome"] != CLASSIFIED:
            raise SkippedError("not_classified")
        scan = self._pseudonyms.scan(detail.scan["scan_id"])
        wanted = self._wanted(detail)
        known = self._folder.note(scan)
        if known is not None and known["wanted"] == wanted:
            return False
        with self._folder.work() as work:
            self._make(detail, scan, wanted, work)
        return True

    def _wanted(self, detail: "ScanDetail") -> list[str]:
        """Say what a note must say for its files to be those that are wanted now."""
        row, model = detail.scan, detail.model
        assert model is not None
        answer = [model["sha256"], row["decision"], str(row["finished_at"]), self._method]
        return [*answer, *self._kinds]

    def _make(self, detail: "ScanDetail", scan: str, wanted: list[str], work: Path) -> None:
        found = self._deidentified(detail, work)
        signs = ";".join(one for one in found.warnings if one in SIGNS)
        image = work / _IMAGE
        if not image.exists():
            raise SkippedError(signs or _UNREADABLE)
        made = self._excerpt(detail, image)
        header, shift = made.header, self._pseudonyms.shift(made.header.patient_id or "")
        folder = f"{header.patient_id}/{header.study_instance_uid}"
        files = {image: f"{folder}/{header.sop_instance_uid}.dcm"}
        if self._folder.owner(files[image]) not in (None, scan):  # a copy, or other bytes under its UID
            raise SkippedError("instance_is_there")
        files |= self._objects(detail, made, shift, work, folder)
        row = row_of(detail, header, shift) | {
            "file": files[image],
            "sha256": made.sha256,
            "scan": scan,
            "burned_in": signs,
            "warnings": ";".join(one for one in found.warnings if one not in SIGNS),
            "objects": ";".join(list(files.values())[1:]),
        }
        self._folder.place(scan, files, {"wanted": wanted, "files": list(files.values()), "row": row})

    def _deidentified(self, detail: "ScanDetail", work: Path) -> Decoded:
        request = DeidentifyRequest(
            os.fsencode(work), self._pseudonyms.key, self._method, takes_signs=self._takes_signs
        )
        try:
            source = stored_file(detail, self._spool)
        except MissingFileError:
            raise SkippedError("file_gone") from None
        found = self._pool.deidentify(source, request).result()
        if found.error_code == CANNOT_WRITE:
            raise refused(found.warnings[0])
        if found.sha256 is not None and found.sha256 != detail.scan["sha256"]:
            raise SkippedError("file_changed")
        if found.outcome is not None:
            code = found.error_code or _UNREADABLE
            raise SkippedError("no_dicom" if code == "unknown_format" else code)
        return found

    def _excerpt(self, detail: "ScanDetail", image: Path) -> Any:
        """Read the file that was made, by which objects are made and the row is written."""
        frame = answer_of(detail).frame
        is_drawn = any(kind != "sr" for kind in self._kinds)
        found = self._pool.excerpt(os.fsencode(image), ExcerptRequest(frame, is_drawn=is_drawn)).result()
        if found.outcome is not None or found.header is None or found.excerpt is None:
            raise SkippedError(found.error_code or _UNREADABLE)
        return found

    def _objects(
        self, detail: "ScanDetail", made: Any, shift: Any, work: Path, folder: str
    ) -> dict[Path, str]:
        """Write the objects that report the answer about the file that was made."""
        if not self._kinds:
            return {}
        from model.deidentification.mark import marked
        from model.dicom_results.make import make_objects

        answer = answer_of(detail)
        identity = replace(
            answer.identity, sha256=made.sha256, finished_at=answer.identity.finished_at + shift
        )
        answer = replace(answer, identity=identity, number=self._pseudonyms.number(detail.scan["scan_id"]))
        square = None if made.inputs is None else made.inputs[0]
        files = {}
        for one in make_objects(answer, made.header, made.excerpt, square, self._kinds, UTC):
            path = work / f"{one.kind}.dcm"
            with disk_errors():
                path.write_bytes(marked(one.content, self._method))
            files[path] = f"{folder}/{one.kind}-{one.sop_instance_uid}.dcm"
        return files
