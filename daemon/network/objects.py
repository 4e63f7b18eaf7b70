"""From a scan's row and its file to the DICOM objects that report its answer."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

from daemon.decoding.messages import ExcerptRequest
from daemon.errors import BadDataError, ConfigurationError, MissingFileError
from daemon.files.stored_maps import check_drawn, stored_file
from daemon.network.answered import answer_of, is_same_answer, study_answer_of
from daemon.spool.folders import Spool
from model.dicom_results.made_object import KINDS, STRUCTURED_REPORT, MadeObject
from storage.errors import NoSuchScan
from storage.scan_detail import scan
from storage.vocabulary import CLASSIFIED

if TYPE_CHECKING:
    from daemon.decoding.pool import DecoderPool
    from daemon.network.studies.report import StudyReport
    from daemon.settings.fields import Settings
    from model.dicom_results.scan_answer import AnswerIdentity
    from model.dicom_results.study_answer import Answered
    from storage.engine import Engine
    from storage.scan_detail import ScanDetail

_PACKAGE: Final = "highdicom"


class NoObjectsError(BadDataError):
    """Nothing can be made of a scan for an archive, however often it is tried."""

    code = "no_objects"


class ObjectMaker:
    """Makes the objects of scans that were answered; their files are read by children, and by none else.

    Parameters
    ----------
    settings : Settings
    engine : Engine
        Of the ledger; read-only will do.
    pool : DecoderPool
        Open; of pictures of `model.dicom_results.make.PICTURE_SIZE`.
    zone : tzinfo, optional
        Of the site; without, that of the system.

    Raises
    ------
    ConfigurationError
        The setting `identifiers` keeps patients out of what is written; or the extra `pacs` is missing.
    """

    def __init__(
        self, settings: "Settings", engine: "Engine", pool: "DecoderPool", zone: tzinfo | None = None
    ) -> None:
        if settings.identifiers != "keep":
            raise ConfigurationError(
                f"no object is made with `identifiers = {settings.identifiers}`: an archive files an object "
                "by its patient, whom this setting keeps out of what inboxray writes. Set it to keep"
            )
        require_highdicom()
        self._spool = Spool(settings.spool)
        self._kinds: tuple[str, ...] = settings.dicom_results
        self._engine, self._pool, self._zone = engine, pool, zone

    def of(self, scan_id: str, kinds: Collection[str] | None = None) -> list[MadeObject]:
        """Make the objects of a scan; made again, they have the same bytes.

        A copy of a scan that has the same answer has its objects: they are about the same image.

        Parameters
        ----------
        scan_id : str
        kinds : collection of str, optional
            Of `KINDS`; without, those of the setting `dicom_results`.

        Returns
        -------
        list of MadeObject
            In the order of `KINDS`; without a presentation state where it would show nothing.

        Raises
        ------
        NoObjectsError
            It has no answer, or is no DICOM file; trying again does not help.
        BadDataError, MissingFileError
            Its file is another one now, cannot be decoded now, or is not where its row says.
        NoSuchScan, DatabaseUnavailable
            As of `storage.scan_detail.scan`.
        """
        detail = scan(self._engine, scan_id)
        wanted = tuple(kind for kind in KINDS if kind in (self._kinds if kinds is None else kinds))
        _refuse_unanswered(detail)
        answer = answer_of(*self._reported(detail))
        request = ExcerptRequest(answer.frame, is_drawn=any(kind != STRUCTURED_REPORT for kind in wanted))
        decoded = self._pool.excerpt(stored_file(detail, self._spool), request).result()
        check_drawn(detail, decoded)
        if decoded.header is None or decoded.excerpt is None:
            raise NoObjectsError(
                f"scan {detail.scan['scan_id']} is no DICOM file: it names no patient and no study, by which "
                "an archive could file an object of it"
            )
        from model.dicom_results.make import make_objects

        square = None if decoded.inputs is None else decoded.inputs[0]
        zone = self._zone or _zone_of_system(answer.identity.finished_at)
        return make_objects(answer, decoded.header, decoded.excerpt, square, wanted, zone)

    def study_report(self, report: "StudyReport") -> "tuple[MadeObject, AnswerIdentity]":
        """Make the report of a study; made again of the same state, it has the same bytes.

        Parameters
        ----------
        report : StudyReport

        Returns
        -------
        made : MadeObject
        identity : AnswerIdentity
            What the report is known by, when another takes its place.

        Raises
        ------
        NoObjectsError
            The study has no scan of which an archive could file a report.
        NoSuchScan, DatabaseUnavailable
            As of `storage.scan_detail.scan`.
        """
        from model.dicom_results.study_report import MOST_SCANS, make_study_report

        classified = [one for one in report.study.scans if one.outcome == CLASSIFIED]
        answered = self._images(one.scan_id for one in classified[:MOST_SCANS])
        if not answered:
            raise NoObjectsError("no scan of the study has an answer and a DICOM file that can be read now")
        answer = study_answer_of(report, answered)
        zone = self._zone or _zone_of_system(answer.identity.finished_at)
        return make_study_report(answer, zone), answer.identity

    def _images(self, scan_ids: Iterable[str]) -> "tuple[Answered, ...]":
        """Give the answers of scans, and their images; what cannot be read is left out."""
        from model.dicom_results.source_image import source_image

        asked = []
        for scan_id in scan_ids:
            detail = scan(self._engine, scan_id)
            answer = answer_of(detail)
            with suppress(MissingFileError):
                request = ExcerptRequest(answer.frame, is_drawn=False)
                asked.append((detail, answer, self._pool.excerpt(stored_file(detail, self._spool), request)))
        found = []
        for detail, answer, future in asked:
            decoded = future.result()
            with suppress(BadDataError):
                check_drawn(detail, decoded)
                if decoded.header is not None and decoded.excerpt is not None:
                    sha256 = answer.identity.sha256
                    found.append((answer, source_image(decoded.header, decoded.excerpt, sha256)))
        return tuple(found)

    def _reported(self, detail: "ScanDetail") -> "tuple[ScanDetail, ScanDetail | None]":
        """Return whose answer the objects report, and that which it takes the place of."""
        row = detail.scan
        if row["requeued_from"] is None and row["duplicate_of"] is not None:
            first = self._row(row["duplicate_of"])
            if first is not None and is_same_answer(first, detail):
                return first, self._before(first)
            return detail, first
        return detail, self._before(detail)

    def _before(self, detail: "ScanDetail") -> "ScanDetail | None":
        """Return the newest classified answer that a requeue of the file set aside."""
        seen, earlier = {detail.scan["scan_id"]}, detail.scan["requeued_from"]
        while earlier is not None and earlier not in seen:
            seen.add(earlier)
            found = self._row(earlier)
            if found is None:
                return None
            if found.scan["outcome"] == CLASSIFIED:
                return self._reported(found)[0]
            earlier = found.scan["requeued_from"]
        return None

    def _row(self, scan_id: str) -> "ScanDetail | None":
        try:
            return scan(self._engine, scan_id)
        except NoSuchScan:  # a backup was restored that has no such row
            return None


@contextmanager
def open_maker(settings: "Settings", engine: "Engine") -> Iterator[ObjectMaker]:
    """Open a maker with children of its own.

    Parameters
    ----------
    settings : Settings
    engine : Engine

    Yields
    ------
    ObjectMaker

    Raises
    ------
    ConfigurationError
        As of `ObjectMaker`.
    """
    from daemon.decoding.from_settings import open_pool

    require_highdicom()
    from model.dicom_results.make import PICTURE_SIZE, preload

    preload()
    with open_pool(settings, PICTURE_SIZE) as pool:
        yield ObjectMaker(settings, engine, pool)


def require_highdicom() -> None:
    """Refuse to go on without the extra.

    Raises
    ------
    ConfigurationError
        It is not installed; the message has the line that installs it.
    """
    from importlib.util import find_spec

    if find_spec(_PACKAGE) is None:
        from model.extras import install_line

        raise ConfigurationError(f"objects for an archive need the extra `pacs`: {install_line('pacs')}")


def _refuse_unanswered(detail: "ScanDetail") -> None:
    row: Mapping[str, Any] = detail.scan
    if row["is_canary"]:
        raise NoObjectsError(f"scan {row['scan_id']} is a canary, which is no picture of a patient")
    if row["outcome"] != CLASSIFIED:
        raise NoObjectsError(
            f"scan {row['scan_id']} has no answer for an archive: it was {row['outcome']} "
            f"({row['error_code']}); `inboxray explain` says why"
        )


def _zone_of_system(moment: datetime) -> tzinfo:
    return moment.astimezone().tzinfo or UTC
