"""Libraries of the web viewers, from npm by pinned versions, asked about one file in a process of its own."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tests.support.deadlines import scaled

PACKAGES: Final = {
    "cornerstone": (
        "@cornerstonejs/dicom-image-loader@5.14.0",
        "@cornerstonejs/codec-charls@1.2.7",
        "@cornerstonejs/codec-libjpeg-turbo-8bit@1.2.7",
        "@cornerstonejs/codec-libjxl@1.1.1",
        "@cornerstonejs/codec-openjpeg@1.3.6",
        "@cornerstonejs/codec-openjph@2.4.11",
        "@cornerstonejs/jpeg-lossless-decoder-js@2.2.1",
        "dicom-parser@1.8.21",
        "pako@2.1.0",
        "comlink@4.4.2",
    ),
    "daikon": ("daikon@1.2.46", "jpeg-lossless-decoder-js@2.1.2"),
}
"""By peer; the first is the one that is asked, the others are what it stands on."""
_SCRIPT: Final = Path(__file__).with_name("web_viewers.mjs")


@dataclass(frozen=True, slots=True, eq=False)
class PeerFrame:
    """One frame as a peer decodes it.

    Attributes
    ----------
    frame : int
        From 0.
    kind : str
        ``stored``: values before the Modality LUT; ``rgb``: colours for a screen.
    values : ndarray, shape (rows, columns) or (rows, columns, 3), int64
    """

    frame: int
    kind: str
    values: NDArray[np.int64]


class PeerRefused(Exception):  # noqa: N818 -- it is no error of ours
    """The peer has no picture of this file; its words are left out, for they may quote the file."""


def install(folder: Path) -> None:
    """Put the packages into a folder, and the codecs' WebAssembly where the script looks for it.

    Parameters
    ----------
    folder : Path
        Made if it is not there; what it holds already is kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    wanted = [package for packages in PACKAGES.values() for package in packages]
    options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    # without the viewers' own peers: they draw on a screen, and nothing here does
    command = ["npm", "install", *options, "--legacy-peer-deps", "--loglevel=error", *wanted]
    subprocess.run(command, cwd=folder, check=True, timeout=scaled(300))
    (folder / "wasm").mkdir(exist_ok=True)
    for codec in (folder / "node_modules" / "@cornerstonejs").glob("codec-*/dist/*.wasm"):
        shutil.copy(codec, folder / "wasm" / codec.name)


def ask(peer: str, path: Path, installed: Path, folder: Path) -> list[PeerFrame]:
    """Let a peer decode the first and the last frame of a file.

    Parameters
    ----------
    peer : str
        A key of `PACKAGES`.
    path : Path
    installed : Path
        What `install` filled.
    folder : Path
        For what the peer writes; of this file alone.

    Returns
    -------
    list of PeerFrame

    Raises
    ------
    PeerRefused
        It has no picture.
    """
    command = ["node", "--no-warnings", str(_SCRIPT), peer, str(path), str(folder)]
    try:
        done = subprocess.run(
            command, cwd=installed, capture_output=True, text=True, check=False, timeout=scaled(300)
        )
    except subprocess.TimeoutExpired:
        raise PeerRefused(peer) from None
    if done.returncode:
        raise PeerRefused(done.stderr.strip().splitlines()[-1:] or peer)
    told = json.loads(done.stdout[done.stdout.index('{"frames"') :])["frames"]
    return [_read(folder / f"{number}.raw", about) for number, about in enumerate(told)]


def _read(path: Path, about: dict[str, Any]) -> PeerFrame:
    shape = (about["rows"], about["columns"], about["samples"])
    values = np.fromfile(path, np.int32).astype(np.int64).reshape(shape)
    return PeerFrame(about["frame"], about["kind"], values if shape[2] == 3 else values[..., 0])
