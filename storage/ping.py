"""Whether the results database answers now."""

from sqlalchemy import select

from storage.engine import open_engine
from storage.schema import RUNS
from storage.translate import translated_errors


def ping(url: str) -> None:
    """Ask the database for a row, over a connection of its own: one that was kept may outlive its file.

    Parameters
    ----------
    url : str

    Raises
    ------
    StorageError
        It does not answer, or is not one of ours.
    """
    engine = open_engine(url, readonly=True)
    try:
        with translated_errors("asking whether the database answers"), engine.connect() as connection:
            connection.execute(select(RUNS.c.id).limit(1)).all()
    finally:
        engine.dispose()
