"""Parts of the body that a network distinguishes."""

from typing import Final

REGIONS: Final = ("hand", "leg", "hip", "shoulder", "several", "other")
"""In the order of the output `region`."""


def region_of(name: str | None, unknown: int) -> int:
    """Return the index into `REGIONS` of a region as manifests name it.

    Parameters
    ----------
    name : str or None
        Several are joined by +.
    unknown : int
        What to return for None.

    Returns
    -------
    int
        `several` if there are several; `other` if the name is none of these.
    """
    if name is None:
        return unknown
    if "+" in name:
        return REGIONS.index("several")
    return REGIONS.index(name if name in REGIONS else "other")
