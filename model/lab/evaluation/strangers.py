"""What a release says of pictures that are no radiographs of bones: it should abstain."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.classifier import Classifier
from model.decisions.decision import Decision
from model.errors import ScanError
from model.lab.dataset.examples import DatasetError
from model.reading.prepare import prepare

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Strangers:
    """The decisions for pictures of one kind.

    Parameters
    ----------
    kind : str
    pictures : int
    refused : int
        Files that cannot be read as a picture; not among `pictures`.
    decisions : dict of str to int
        How many pictures have each decision; NaN from the network counts as `failed`.
    """

    kind: str
    pictures: int
    refused: int
    decisions: dict[str, int]

    @property
    def abstained(self) -> int:
        """How many pictures the release abstains from."""
        return self.decisions.get(Decision.ABSTAINED, 0)


def meet_strangers(
    classifier: Classifier, folder: Path, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> tuple[Strangers, ...]:
    """Let a release decide about pictures of other kinds.

    Parameters
    ----------
    classifier : Classifier
    folder : Path
        One sub-folder a kind, with files of any format that the daemon reads; of several frames the first
        stands for the file.
    progress : callable
        Called with how many files are done, of how many.

    Returns
    -------
    tuple of Strangers
        By kind, in the order of names.

    Raises
    ------
    DatasetError
        There is no sub-folder with a file that can be read as a picture.
    """
    kinds = {
        place.name: sorted(file for file in place.rglob("*") if file.is_file())
        for place in sorted(folder.iterdir())
        if place.is_dir()
    }
    total, done, found = sum(map(len, kinds.values())), 0, []
    for kind, files in kinds.items():
        counts: Counter[str] = Counter()
        refused = 0
        for start in range(0, len(files), _BATCH):
            progress(done, total)
            inputs = []
            for file in files[start : start + _BATCH]:
                done += 1
                try:
                    inputs.append(prepare(file.read_bytes(), size=classifier.input_size).inputs[0])
                except (ScanError, OSError):
                    refused += 1
            if inputs:
                answers = classifier.classify(np.stack(inputs))
                counts.update("failed" if one is None else str(one.decision) for one in answers)
        found.append(Strangers(kind, counts.total(), refused, dict(sorted(counts.items()))))
    progress(total, total)
    if not any(one.pictures for one in found):
        raise DatasetError(
            f"{folder} has no picture in a sub-folder: strangers are wanted as one sub-folder a kind, such "
            "as ct/ or photographs/"
        )
    return tuple(found)
