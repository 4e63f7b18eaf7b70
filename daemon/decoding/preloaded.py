"""Imported once by the process from which decode children are forked, so that none imports it again."""

from daemon.collecting import importing

with importing():
    from daemon.decoding import convert, deidentify, draw, environment, excerpt, serve  # noqa: F401 -- to begin
    from model.pictures import small as _small  # noqa: F401 -- a child would import it for its first file
    from model.reading import preload

    preload.preload()
environment.forget_environment()
