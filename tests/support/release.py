"""The released model that ships, opened once a process."""

from functools import cache

from model.classifier import Classifier, EngineName, open_classifier
from model.release import Release, find_release, open_release


@cache
def shipped_release() -> Release:
    """Open the newest release that ships."""
    return open_release(find_release())


@cache
def shipped_classifier(engine: EngineName = "litert") -> Classifier:
    """Load it into an engine; two threads, as on the machine of the issue."""
    return open_classifier(shipped_release(), engine, threads=2)
