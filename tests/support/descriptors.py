"""What this process has open, of what a test opens: others in it open and close files, too."""

from contextlib import suppress
from pathlib import Path


def open_below(folder):
    """List the paths below a folder that are open, itself among them; one for each descriptor.

    Parameters
    ----------
    folder : path

    Returns
    -------
    list of str
    """
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed just now, as that of this list is
            found.append(str(descriptor.readlink()))
    return [path for path in found if f"{path}/".startswith(f"{folder}/")]
