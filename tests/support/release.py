"""The released model that ships, opened once a process."""

from functools import cache
from pathlib import Path

from model.classifier import Classifier, EngineName, open_classifier
from model.release import Release, find_release, open_release, shipped_folders

SHIPPED = tuple(shipped_folders())
"""Folders of the releases that ship, newest first: tests of what a network says take each as a parameter."""


@cache
def shipped_release(folder: Path | None = None) -> Release:
    """Open a release that ships; the newest unless another is named."""
    return open_release(folder or find_release())


@cache
def shipped_classifier(engine: EngineName = "litert", folder: Path | None = None) -> Classifier:
    """Load it into an engine; two threads, as on the machine of the issue."""
    return open_classifier(shipped_release(folder), engine, threads=2)
