"""The secret key of the pseudonyms: made once, for its owner alone, and never beside what is given away."""

import os
import secrets
from pathlib import Path
from typing import Final

from daemon.errors import ConfigurationError, errno_name
from model.deidentification.pseudonyms import LEAST_KEY_BYTES, Pseudonyms
from storage.durable.sync import sync_folder

KEY_NAME: Final = ".export-dicom.key"
"""Of the key in the spool, where no other is named."""
_OTHERS: Final = 0o077
_KEY_BYTES: Final = 32


def open_key(path: Path) -> tuple[Pseudonyms, bool]:
    """Read the key, or make one.

    Parameters
    ----------
    path : Path
        A private file; made if it is not there.

    Returns
    -------
    tuple of (Pseudonyms, bool)
        And whether it is new.

    Raises
    ------
    ConfigurationError
        It cannot be read or made, others may read it, or it is too short.
    """
    try:
        is_new = _make(path)
        mode, key = path.stat().st_mode, path.read_bytes().strip()
    except OSError as error:
        raise ConfigurationError(
            f"the key {path} cannot be read or made ({errno_name(error)}): name another by --key"
        ) from None
    if mode & _OTHERS:
        raise ConfigurationError(
            f"others than its owner may open the key {path}, and could find out who is behind a pseudonym: "
            f"chmod 0600 {path}; if that may have happened, export anew with a new key"
        )
    if len(key) < LEAST_KEY_BYTES:
        raise ConfigurationError(
            f"the key in {path} has {len(key)} bytes, at least {LEAST_KEY_BYTES} are needed: a short one can "
            "be guessed from the pseudonyms"
        )
    return Pseudonyms(key), is_new


def _make(path: Path) -> bool:
    """Make a key unless there is one; the file is whole before it has its name."""
    if path.exists():
        return False
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_hex(_KEY_BYTES).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.link(beside, path)  # and never over one that another export made meanwhile
    except FileExistsError:
        return False
    finally:
        beside.unlink()
    sync_folder(path.parent)
    return True
