"""Imported once by the process from which decode children are forked, so that none imports it again."""

from model.reading.preload import preload

preload()
