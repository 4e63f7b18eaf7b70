"""Names that are never claimed: files that programs still write, or keep for themselves."""

from typing import Final

DEFAULT_IGNORE: Final = (
    ".*",
    "*.part",
    "*.partial",
    "*.filepart",
    "*.tmp",
    "*.temp",
    "*.crdownload",
    "*.download",
    "Thumbs.db",
    "desktop.ini",
    "~*",
    "lost+found",
    "*.reason.json",
)

RECEIVING: Final = ".receiving"
"""The folder of the inbox in which objects from the network lie until they are whole; never claimed."""
