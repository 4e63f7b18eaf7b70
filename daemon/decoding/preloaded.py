"""Imported once by the process from which decode children are forked, so that none imports it again."""

from daemon.collecting import importing
from daemon.decoding import environment

try:
    with importing():
        from daemon.decoding import convert, deidentify, draw, excerpt, serve  # noqa: F401 -- to begin
        from model.pictures import small as _small  # noqa: F401 -- a child would import it for its first file
        from model.reading import preload

        preload.preload()
finally:  # the fork server goes on without what it could not import
    environment.forget_environment()
