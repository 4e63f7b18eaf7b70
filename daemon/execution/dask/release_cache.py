"""Releases that a worker has fetched: one folder each, named by the digest of its manifest."""

import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from model.errors import ReleaseError
from model.release import MANIFEST, Release, open_release, shipped_folders

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def packed(release: Release) -> dict[str, bytes]:
    """Read the files of a release that serving needs, each verified.

    Parameters
    ----------
    release : Release

    Returns
    -------
    dict of str to bytes
        By name; the manifest with them, the Keras weights not.

    Raises
    ------
    ReleaseError
        A file changed since the release was opened.
    """
    manifest = (release.path / MANIFEST).read_bytes()
    if hashlib.sha256(manifest).hexdigest() != release.sha256:
        raise ReleaseError(f"the manifest of the release {release.label} changed; start the daemon again")
    names = [name for name in release.files if name != release.weights_file]
    return {MANIFEST: manifest, **{name: release.read(name) for name in names}}


class ReleaseCache:
    """The releases that a worker can open: those that ship with it, and those that it fetched.

    Parameters
    ----------
    folder : Path
        Of the fetched ones; made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, digest: str) -> Release | None:
        """Open a release, each of its files verified.

        Parameters
        ----------
        digest : str
            sha256 of its manifest, hexadecimal.

        Returns
        -------
        Release or None
            None if it is not here, or not whole: it is fetched again then.
        """
        for folder in (*shipped_folders(), self._at(digest)):
            try:
                release = open_release(folder)
            except ReleaseError:
                continue
            if release.sha256 == digest:
                return release
        return None

    def add(self, digest: str, files: Mapping[str, bytes]) -> Release:
        """Keep a release that was fetched.

        Parameters
        ----------
        digest : str
        files : mapping of str to bytes
            As of `packed`.

        Returns
        -------
        Release

        Raises
        ------
        ReleaseError
            It is not the release of that digest.
        OSError
            It cannot be written.
        """
        if hashlib.sha256(files.get(MANIFEST, b"")).hexdigest() != digest:
            raise ReleaseError("what came is not the release that was asked for")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = Path(mkdtemp(dir=self._folder))
        try:
            for name, content in files.items():
                (made / Path(name).name).write_bytes(content)
            open_release(made)  # before it has its name
            target = self._at(digest)
            shutil.rmtree(target, ignore_errors=True)  # one that is not whole
            made.replace(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
        return open_release(target)

    def _at(self, digest: str) -> Path:
        if _DIGEST.fullmatch(digest) is None:
            raise ReleaseError("a release is named by a sha256")
        return self._folder / digest
