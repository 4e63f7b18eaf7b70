"""The few values of an object by which peers know it, read from its file in the outbox."""

from typing import Final

from pydicom import Dataset, dcmread

from daemon.network.sending.entries import Entry

_KEYS: Final = ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"]


def header_of(entry: Entry) -> Dataset:
    """Read the class, the study, the series and the instance of an object.

    Parameters
    ----------
    entry : Entry

    Returns
    -------
    Dataset
        Without any of them if the file was damaged since it was written.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    try:
        header = dcmread(entry.path, specific_tags=list(_KEYS))
        is_whole = all(header.get(keyword) for keyword in _KEYS)
    except OSError:
        raise
    except Exception:  # noqa: BLE001 -- what a disk returns may break any parser; the object is refused
        return Dataset()
    return header if is_whole else Dataset()
