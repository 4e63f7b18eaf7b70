"""How many files a test dropped and what became of them, for the table of `make soak`."""

from collections import Counter

_COUNTS: dict[str, tuple[int, int, int]] = {}


def tally(where, files, lost=0, twice=0):
    """Note what a test saw at a place; what it sees there later counts instead.

    Parameters
    ----------
    where : str
        A spool, or a folder of an inbox.
    files, lost, twice : int
    """
    _COUNTS[where] = files, lost, twice


def take_tally():
    """Give the sums since the last call: a dict of int by ``files``, ``lost`` and ``twice``."""
    sums = [sum(column) for column in zip(*_COUNTS.values(), strict=True)] if _COUNTS else []
    _COUNTS.clear()
    return dict(zip(("files", "lost", "twice"), sums, strict=False))


def counts(files, recorded):
    """Count by their rows what became of so many files, to be printed: a dict as of `take_tally`."""
    found = Counter(row["source_name"] for row in recorded)
    return {"files": files, "lost": files - len(found), "twice": found.total() - len(found)}
