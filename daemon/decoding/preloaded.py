"""Imported once by the process from which decode children are forked, so that none imports it again."""

from daemon.decoding import environment
from model.pictures import small as _small  # noqa: F401 -- a child would import it for its first file
from model.reading import preload

preload.preload()
environment.forget_environment()
