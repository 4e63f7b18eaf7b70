"""Whether labelled pictures are among those that a release learned from: figures on such measure memory."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from model.errors import ReleaseError
from model.lab.dataset.examples import DatasetError, Example
from model.release import Release

KEY = "sha256_12"
"""In `training` of a release's manifest: the first 12 digits of the sha256 of each file learned from."""

_PREFIX = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Overlap:
    """What is known of a release and the pictures it is to be measured on.

    Parameters
    ----------
    is_known : bool
        Whether the release lists what it learned from.
    files, sources : int
        Files among the pictures that it learned from, and the sources that these belong to.
    """

    is_known: bool
    files: int = 0
    sources: int = 0


def find_overlap(release: Release, examples: Sequence[Example]) -> Overlap:
    """Look for pictures that a release learned from.

    Parameters
    ----------
    release : Release
    examples : sequence of Example

    Returns
    -------
    Overlap
        By the bytes of files: a copy that was stored anew is not found.

    Raises
    ------
    ReleaseError
        The list of the release is malformed.
    """
    digests = release.training.get(KEY)
    if digests is None:
        return Overlap(is_known=False)
    if not isinstance(digests, list) or not all(
        isinstance(one, str) and _PREFIX.fullmatch(one) for one in digests
    ):
        raise ReleaseError(
            f"what the release {release.label} states of its training ({KEY}) is malformed; fetch it again"
        )
    known = set(digests)
    seen = [example for example in examples if example.sha256[:12] in known]
    return Overlap(True, len(seen), len({example.source for example in seen}))


def refuse_overlap(release: Release, overlap: Overlap, total: int) -> None:
    """Refuse to measure a release on what it learned from.

    Parameters
    ----------
    release : Release
    overlap : Overlap
    total : int

    Raises
    ------
    DatasetError
        There is an overlap.
    """
    if overlap.files:
        raise DatasetError(
            f"{release.label} learned from {overlap.files} of these {total} files, so figures on them "
            "measure memory: give it pictures of patients it has never seen, evaluate the predictions of a "
            "cross-validation (--out-of-fold), or ask for marked figures all the same (--allow-trained)"
        )


def overlap_warnings(
    releases: Sequence[Release], examples: Sequence[Example], *, allow_trained: bool
) -> tuple[str, ...]:
    """Say what must be known before figures on these pictures are read.

    Parameters
    ----------
    releases : sequence of Release
    examples : sequence of Example
    allow_trained : bool

    Returns
    -------
    tuple of str

    Raises
    ------
    DatasetError
        A release learned from some of them, and that is not allowed.
    """
    warnings = []
    for release in releases:
        overlap = find_overlap(release, examples)
        if not overlap.is_known:
            warnings.append(
                f"{release.label} does not state which pictures it learned from: if any of these is among "
                "them, the figures measure memory."
            )
        elif overlap.files:
            if not allow_trained:
                refuse_overlap(release, overlap, len(examples))
            warnings.append(
                f"{release.label} learned from {overlap.files} of these {len(examples)} files "
                f"({overlap.sources} sources): the figures measure memory, and say nothing of new patients."
            )
    return tuple(warnings)
