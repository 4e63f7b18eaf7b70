"""``python -m tests.peers FOLDER``: the libraries of the web viewers beside us, file by file.

Installs them below FOLDER from npm, decodes every DICOM file of the data folder's radiographs, pixels and
cases by each, and writes the table in docs/formats.md anew. Leaves with 1 if a peer and we part without a
reason, and with 0 and a line where Node or the data are missing.
"""

import shutil
import sys
import tempfile
import warnings
from pathlib import Path

from tests.peers import table
from tests.peers.comparison import compare
from tests.peers.web_viewers import PACKAGES, install
from tests.support.shared import SHARED

FOLDERS = {
    "radiograph": SHARED / "dicom" / "radiograph",
    "pixel": SHARED / "dicom" / "pixel",
    "cases": SHARED / "cases" / "pixels",
}


def missing() -> str | None:
    """Return what is missing for the comparison, or None."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    absent = [folder for folder in FOLDERS.values() if not folder.is_dir()]
    return f"the data folder beside the project is absent: {absent[0]}" if absent else None


def main(folder: Path) -> int:
    """Compare all files; return the exit code."""
    if why := missing():
        sys.stderr.write(f"the libraries of the web viewers were skipped: {why}\n")
        return 0
    install(folder)
    warnings.simplefilter("ignore")  # pydicom's, about the odd files
    results = {}
    for kind, place in FOLDERS.items():
        for path in sorted(place.glob("*.dcm")):
            for peer in PACKAGES:
                with tempfile.TemporaryDirectory() as scratch:
                    found = compare(peer, path, folder, Path(scratch))
                results[peer, f"{kind}/{path.name}"] = found
                sys.stderr.write(f"{peer}: {kind}/{path.name}: {found.verdict}\n")
    table.write(results)
    sys.stdout.write(table.made(results))
    odd = table.unexplained(results)
    if odd:
        needs = "these need a reason in tests/peers/reasons.py, or no longer do:"
        sys.stderr.write("\n  ".join((needs, *odd)) + "\n")
    return bool(odd)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
