"""Imported once by the process from which decode children are forked, so that none imports it again."""

from daemon.decoding import environment
from model.reading import preload

preload.preload()
environment.forget_environment()
