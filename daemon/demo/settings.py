"""The demo's settings, in a file of its spool: what is tried next is answered as the demo was."""

from pathlib import Path
from typing import Final

FILE: Final = "demo.toml"

_SETTINGS: Final = """\
# The settings of the demo. The released model knows the bones of limbs: it would call chests fractured.
exclude_body_parts = ["CHEST"]
settle_s = 0.5
incomplete_wait_s = 1
log_format = "json"
"""


def write_settings(folder: Path) -> None:
    """Write the file.

    Parameters
    ----------
    folder : Path
        The demo's spool.
    """
    (folder / FILE).write_text(_SETTINGS, encoding="utf-8")


def options(folder: Path) -> list[str]:
    """Give the options with which a command uses the demo's settings and its spool.

    Parameters
    ----------
    folder : Path
        The demo's spool.

    Returns
    -------
    list of str
    """
    return ["--config", str(folder / FILE), "--spool", str(folder)]
