"""Answers without an inbox and without a database: the same children, the same network, nothing kept."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.decoding.pool import DecoderPool
from daemon.execution.classify import classify_scans
from daemon.pipeline.answers import Answer, predicted
from model.classifier import Classifier
from model.reading.network_input import odd_signs

if TYPE_CHECKING:
    from concurrent.futures import Future

    from daemon.decoding.messages import Decoded


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """One file and its answer.

    Parameters
    ----------
    path : bytes
        As it was given.
    answer : Answer
    sha256 : str or None
        Of the bytes that it is about.
    warnings : tuple of str
        What was odd, by code.
    error_detail : str or None
        What was wrong, in words.
    """

    path: bytes
    answer: Answer
    sha256: str | None = None
    warnings: tuple[str, ...] = ()
    error_detail: str | None = None


def classify_files(
    paths: Iterable[bytes],
    pool: DecoderPool,
    classifier: Classifier,
    *,
    batch_size: int,
    prevalence: float | None = None,
) -> Iterator[FileAnswer]:
    """Decode and classify files, in their order, decoding ahead while a batch is classified.

    Parameters
    ----------
    paths : iterable of bytes
    pool : DecoderPool
        Open.
    classifier : Classifier
    batch_size : int
        Files in a batch, and pictures that the network sees at once.
    prevalence : float, optional
        Shifts the reported probability, as in the daemon.

    Yields
    ------
    FileAnswer
        One a file; whatever is wrong with a file is an answer, never an exception.
    """
    waiting: deque[tuple[bytes, Future[Decoded]]] = deque()
    for path in paths:
        # A child opens no link; one that is named here is meant.
        waiting.append((path, pool.decode(os.path.realpath(path))))
        if len(waiting) >= batch_size + 2 * pool.workers:
            batch = [waiting.popleft() for _ in range(batch_size)]
            yield from _answer(batch, classifier, batch_size, prevalence)
    while waiting:
        batch = [waiting.popleft() for _ in range(min(batch_size, len(waiting)))]
        yield from _answer(batch, classifier, batch_size, prevalence)


def _answer(
    batch: "Sequence[tuple[bytes, Future[Decoded]]]",
    classifier: Classifier,
    batch_size: int,
    prevalence: float | None,
) -> Iterator[FileAnswer]:
    decoded = [future.result() for _, future in batch]
    predictions = classify_scans(classifier, [one.inputs for one in decoded], batch_size)
    for (path, _), one, own in zip(batch, decoded, predictions, strict=True):
        if one.outcome is not None:
            answer = Answer(one.outcome, one.error_code)
        else:
            answer = predicted(own, classifier.release, prevalence)
        yield FileAnswer(path, answer, one.sha256, odd_signs(one.warnings), one.error_detail)
