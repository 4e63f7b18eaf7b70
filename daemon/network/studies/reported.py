"""What was already reported of each study: in files of the outbox, many studies to a file.

Here is only what follows from no row: that a state of a study went out. A file is replaced as a whole.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from storage.durable.replace import Synced, replace_file

_FOLDER: Final = "reported"
_DIGITS_OF_FILE: Final = 3
_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Reported:
    """The state of a study that was reported last.

    Parameters
    ----------
    number : int
        How often it was reported, from 1.
    id : str
        Of that report; a repetition has the same.
    state : str
        A digest of its answers.
    notified : tuple of str
        Names of the folders of those who got a notice of any of its states.
    report : mapping or None
        What the structured report of that state is known by; None: there is none.
    """

    number: int
    id: str
    state: str
    notified: tuple[str, ...] = ()
    report: Mapping[str, str] | None = None


def key_of(study_instance_uid: str | None, scan_id: str) -> str:
    """Return by what a study is known here: of no use to who has not its UID.

    Parameters
    ----------
    study_instance_uid : str or None
    scan_id : str
        Counts for a scan that names no study.

    Returns
    -------
    str
        Hexadecimal.
    """
    what = f"scan {scan_id}" if study_instance_uid is None else f"study {study_instance_uid}"
    return hashlib.sha256(what.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


class ReportedStudies:
    """What was reported.

    Parameters
    ----------
    folder : Path
        Made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _FOLDER

    def get(self, key: str) -> Reported | None:
        """Return what was reported of a study.

        Parameters
        ----------
        key : str
            Of `key_of`.

        Returns
        -------
        Reported or None
        """
        noted = self._read(key).get(key)
        if noted is None:
            return None
        with suppress(TypeError):
            return Reported(**{**noted, "notified": tuple(noted["notified"])})
        return None

    def put(self, key: str, reported: Reported) -> None:
        """Note what was reported of a study; it outlives a loss of power.

        Parameters
        ----------
        key : str
        reported : Reported

        Raises
        ------
        OSError
            The disk refused.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        noted = {**self._read(key), key: asdict(reported)}
        replace_file(self._path(key), json.dumps(noted).encode(), Synced.CONTENT_AND_NAME)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key[:_DIGITS_OF_FILE]}.json"

    def _read(self, key: str) -> dict[str, Any]:
        with suppress(FileNotFoundError, ValueError):
            noted = json.loads(self._path(key).read_bytes())
            if isinstance(noted, dict):
                return noted
        return {}
