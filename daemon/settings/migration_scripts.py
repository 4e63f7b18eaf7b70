"""Where the revisions of the schema lie: a folder for Alembic, found without importing it."""

from importlib.util import find_spec
from pathlib import Path

from daemon.errors import ConfigurationError


def script_location() -> Path:
    """Return the folder of the installed package `migrations`.

    Returns
    -------
    Path

    Raises
    ------
    ConfigurationError
        The installation is not whole.
    """
    found = find_spec("migrations")
    if found is None or not found.submodule_search_locations:
        raise ConfigurationError("the package `migrations` is missing: install inboxray again")
    return Path(found.submodule_search_locations[0])
