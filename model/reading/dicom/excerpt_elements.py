"""The elements of a DICOM data set that objects made of a scan take over."""

from typing import TYPE_CHECKING, Any, Final

from model.reading.excerpt import KEYWORDS

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_MOST_CHARACTERS: Final = 1024  # of a text: what is longer is no value that conforms
_MOST_VALUES: Final = 16


def texts_of(dataset: "Dataset") -> dict[str, str]:
    """Take the texts that are there; a bad element costs itself alone.

    Parameters
    ----------
    dataset : pydicom.dataset.Dataset
        Parsed at least up to the pixels.

    Returns
    -------
    dict of str to str
        See `model.reading.excerpt.Excerpt`.
    """
    found = ((keyword, _text(dataset, keyword)) for keyword in KEYWORDS)
    return {keyword: text for keyword, text in found if text}


def _text(dataset: "Dataset", keyword: str) -> str:
    try:
        value: Any = dataset.get(keyword)
        if value is None:
            return ""
        if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
            return "\\".join(str(one) for one in value[:_MOST_VALUES])[:_MOST_CHARACTERS]
        return str(value)[:_MOST_CHARACTERS]
    except Exception:  # noqa: BLE001  # pydicom converts lazily, and raises ten classes for bad values
        return ""
