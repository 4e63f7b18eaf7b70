"""The export as a whole: which scans, into which folder, and what came of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.errors import ConfigurationError, UsageError
from daemon.network.objects import require_highdicom
from daemon.network.sharing.key_file import KEY_NAME, open_key
from daemon.network.sharing.scan_share import ScanSharer, SkippedError
from daemon.network.sharing.share_folder import ShareFolder
from daemon.spool.folders import Spool
from storage.queries import results
from storage.scan_detail import scan

if TYPE_CHECKING:
    from daemon.settings.fields import Settings
    from storage.engine import Engine
    from storage.filters import Filters


@dataclass(slots=True)
class Shared:
    """What came of an export.

    Attributes
    ----------
    made, there : int
        Scans that were put into the folder now, and that lay there before.
    skipped : Counter of str
        Scans that were left out, by reason.
    in_folder : int
        Scans that lie there now.
    new_key : Path or None
        A key that was made for it.
    """

    made: int = 0
    there: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    in_folder: int = 0
    new_key: Path | None = None


def export_dicom(
    settings: "Settings",
    engine: "Engine",
    filters: "Filters",
    out: Path,
    kinds: Sequence[str],
    *,
    key: Path | None = None,
    takes_signs: bool = False,
) -> Shared:
    """Put scans for research into a folder, with the objects that report their answers, and a manifest.

    Parameters
    ----------
    settings : Settings
    engine : Engine
    filters : Filters
        Which; a scan that was requeued and answered again is left out.
    out : Path
    kinds : sequence of str
        Of `model.dicom_results.made_object.KINDS`; none: the scans alone.
    key : Path, optional
        Of the pseudonyms; without, that of the spool.
    takes_signs : bool
        Whether pictures go along that may have text in them.

    Returns
    -------
    Shared

    Raises
    ------
    UsageError
        The folder lies in the spool, or the key in the folder.
    ConfigurationError
        The extra `pacs` is missing; or as of `open_key` and `ShareFolder`.
    CannotCreateError, InputOutputError, SpoolInUseError
        As of `ShareFolder`; what was made stays, and is not made again.
    """
    from daemon.decoding.from_settings import open_pool

    where = key if key is not None else Path(settings.spool) / KEY_NAME
    _check_places(Path(settings.spool), out, where)
    size = _picture_size(kinds)
    pseudonyms, is_new = open_key(where)
    shared = Shared(new_key=where if is_new else None)
    left_out: list[dict[str, str]] = []
    with ShareFolder(out, pseudonyms.fingerprint) as folder, open_pool(settings, size) as pool:
        sharer = ScanSharer(
            Spool(settings.spool),
            pool,
            pseudonyms,
            folder,
            kinds,
            method=f"inboxray {version('inboxray')}: PS3.15 Basic Profile by a list"[:64],
            takes_signs=takes_signs,
        )
        for scan_id in _chosen(engine, filters):
            try:
                if sharer.share(scan(engine, scan_id)):
                    shared.made += 1
                else:
                    shared.there += 1
            except SkippedError as skipped:
                shared.skipped[skipped.reason] += 1
                left_out.append({"scan": pseudonyms.scan(scan_id), "reason": skipped.reason})
        shared.in_folder = folder.write_tables(left_out)
    return shared


def _chosen(engine: "Engine", filters: "Filters") -> Iterable[str]:
    """Return the ids of the scans, of one moment: what comes meanwhile is of the next export."""
    with closing(results(engine, replace(filters, only_current=True))) as rows:
        return [row["scan_id"] for row in rows]


def _check_places(spool: Path, out: Path, key: Path) -> None:
    """Refuse a folder from which the export would come back, or in which the key would be given away."""
    folder = out.resolve()
    if folder.is_relative_to(spool.resolve()):
        raise UsageError("--out lies in the spool, whose daemon would take the files for new ones")
    if key.resolve().is_relative_to(folder):
        raise UsageError("the key would lie in the folder that is given away: name another place by --key")


def _picture_size(kinds: Sequence[str]) -> int:
    from model.reading.network_input import INPUT_SIZE

    if not kinds:
        return INPUT_SIZE
    try:
        require_highdicom()
    except ConfigurationError as error:
        raise ConfigurationError(f"{error}; or export the scans alone: --kind none") from None
    from model.dicom_results.make import PICTURE_SIZE, preload

    preload()
    return PICTURE_SIZE
