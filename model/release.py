"""A released model: a folder with a manifest that says what belongs to it and how it was made.

Nothing in a release is opened before its hash is known to be right, and what was hashed is what is loaded.
The Keras weights alone may be absent: only the reference engine reads them, and the wheel leaves them out.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.decisions.calibration import Calibration
from model.decisions.decision import CLASSES, Thresholds
from model.drift.reference import Reference, read_reference
from model.errors import ReleaseError
from model.network_shape import NetworkShape, read_shape

MANIFEST = "release.json"
FORMAT = 1
RELEASES = Path(__file__).parent / "releases"

_MAX_MANIFEST_BYTES = 1 << 20
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_AGAIN = "fetch the release again, or name another with the setting `model`"


@dataclass(frozen=True, slots=True)
class Release:
    """A released model whose files have been verified.

    Parameters
    ----------
    name, version : str
    path : Path
        The folder.
    sha256 : str
        Identity: the hash of the manifest, which holds the hash of each file, the thresholds and the
        calibration; so two releases with one identity decide alike.
    classes : tuple of str
        `("not_fractured", "fractured")`.
    thresholds : Thresholds
    calibration : Calibration
    pipeline_version : str
        Version of `model.reading.prepare` that made the training pictures.
    training_digest : str
        sha256 over the files and labels of the training.
    files : Mapping of str to str
        sha256 of each file by name, the manifest excepted.
    network_file, weights_file, abstention_file : str
        Names of the `.tflite`, the Keras weights (which may be absent) and the `.npz` of the abstention.
    training : Mapping
        What it was trained on and how, as the manifest has it.
    reference : Reference
        How its scores, decisions and pictures were spread.
    shape : NetworkShape
        The network's head, and the sizes of its input and of its map.
    evaluation : Mapping
        How it was measured, as the manifest has it, or empty.
    """

    name: str
    version: str
    path: Path
    sha256: str
    classes: tuple[str, ...]
    thresholds: Thresholds
    calibration: Calibration
    pipeline_version: str
    training_digest: str
    files: Mapping[str, str]
    network_file: str
    weights_file: str
    abstention_file: str
    training: Mapping[str, Any]
    reference: Reference
    shape: NetworkShape
    evaluation: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """`name@version`, as the results show it."""
        return f"{self.name}@{self.version}"

    @property
    def has_weights(self) -> bool:
        """Whether the Keras weights are in the folder."""
        return os.path.lexists(self.path / self.weights_file)

    @property
    def without_weights(self) -> str:
        """What to say where the Keras weights are needed and absent: whence and whither to copy them."""
        return (
            f"the Keras weights of {self.label} are not installed, because serving does not read them: copy "
            f"{self.weights_file} from model/releases/{self.name}-{self.version} of the source of inboxray "
            f"into {self.path}"
        )

    def read(self, filename: str) -> bytes:
        """Read a file of the release and verify the very bytes that are returned.

        Parameters
        ----------
        filename : str
            As the manifest lists it.

        Returns
        -------
        bytes

        Raises
        ------
        ReleaseError
            The file is not listed, is absent, or has changed.
        """
        if filename not in self.files:
            raise ReleaseError(f"{filename} is no file of the release {self.label}")
        if filename == self.weights_file and not self.has_weights:
            raise ReleaseError(f'{self.without_weights}, or set engine = "litert"')
        return _read_verified(self.path, filename, self.files[filename])


def find_release(path: Path | None = None, releases: Path = RELEASES) -> Path:
    """Find the folder of a release.

    Parameters
    ----------
    path : Path, optional
        What `shipped_release` takes, or a folder with a manifest; without, the newest release that ships.
    releases : Path
        Where those that ship are.

    Returns
    -------
    Path

    Raises
    ------
    ReleaseError
        There is none.
    """
    if path is not None:
        if (ours := shipped_release(str(path), releases)) is not None:
            return ours
        if holds_release(path):
            return path
        names = ", ".join("@".join(one.name.rsplit("-", 1)) for one in shipped_folders(releases))
        raise ReleaseError(
            f"there is no release at {path}: a folder with a {MANIFEST} is needed, or the name of one that "
            f"ships ({names or 'none does'}); name one of these, or none to use the newest that ships"
        )
    shipped = shipped_folders(releases)
    if not shipped:
        raise ReleaseError(
            "no release is installed: install inboxray again, or name one with the setting `model`"
        )
    return shipped[0]


def shipped_release(name: str, releases: Path = RELEASES) -> Path | None:
    """Find a release that ships by its name.

    Parameters
    ----------
    name : str
        ``NAME@VERSION``, as results show it, or the name of its folder.
    releases : Path
        Where they are.

    Returns
    -------
    Path or None
        None if none that ships has the name.
    """
    before, at, version = name.rpartition("@")
    if os.sep in name or (at and "-" in version):
        return None
    folder = releases / (f"{before}-{version}" if at else name)
    return folder if holds_release(folder) else None


def holds_release(folder: Path) -> bool:
    """Return whether a folder has the manifest of a release; not where this user may not look.

    Parameters
    ----------
    folder : Path
        Of any length.

    Returns
    -------
    bool
    """
    return os.path.isfile(folder / MANIFEST)  # noqa: PTH113 - `Path.is_file` raises for what may not be seen


def shipped_folders(releases: Path = RELEASES) -> list[Path]:
    """List the folders of the releases that ship with inboxray.

    Parameters
    ----------
    releases : Path
        Where they are.

    Returns
    -------
    list of Path
        Newest first; those of one version by name, so that `NAME` stands before `NAME-320`, its companion
        for larger pictures. Empty if none ships.
    """
    folders = (manifest.parent for manifest in releases.glob(f"*/{MANIFEST}"))
    by_name = sorted(folders, key=lambda folder: folder.name.rpartition("-")[0])
    return sorted(by_name, key=_version, reverse=True)


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", folder.name.rpartition("-")[2]))


def open_release(path: Path) -> Release:
    """Open a release after verifying each of its files; the Keras weights only if they are there.

    Parameters
    ----------
    path : Path
        The folder; see `find_release`.

    Returns
    -------
    Release

    Raises
    ------
    ReleaseError
        The manifest is absent or malformed, a file is changed, one other than the Keras weights is absent,
        or there is a file that the manifest does not list.
    """
    content = _read(path, MANIFEST, _MAX_MANIFEST_BYTES)
    release = _parse(path, content)
    _refuse_unlisted(release)
    for filename in release.files:
        if filename != release.weights_file or release.has_weights:
            release.read(filename)
    return release


verify = open_release


def _parse(path: Path, content: bytes) -> Release:
    """Build a release from a manifest, believing nothing in it."""
    try:
        manifest: dict[str, Any] = json.loads(content)
        if manifest["format"] != FORMAT:
            raise ReleaseError(
                f"the release at {path} has format {manifest['format']!r}, this version of inboxray reads "
                f"{FORMAT}; install the version the release was made for"
            )
        release = Release(
            name=_text(manifest["name"]),
            version=_text(manifest["version"]),
            path=path,
            sha256=hashlib.sha256(content).hexdigest(),
            classes=tuple(_text(name) for name in manifest["classes"]),
            thresholds=Thresholds(**{key: float(value) for key, value in manifest["thresholds"].items()}),
            calibration=Calibration(**{key: float(value) for key, value in manifest["calibration"].items()}),
            pipeline_version=_text(manifest["pipeline_version"]),
            training_digest=_text(manifest["training"]["digest"]),
            files={_plain(name): _digest(entry["sha256"]) for name, entry in manifest["files"].items()},
            network_file=_text(manifest["network"]),
            weights_file=_text(manifest["weights"]),
            abstention_file=_text(manifest["abstention"]),
            training=manifest["training"],
            reference=read_reference(manifest),
            shape=read_shape(manifest.get("shape")),
            evaluation=dict(manifest.get("evaluation") or {}),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ReleaseError(f"the {MANIFEST} of the release at {path} is malformed; {_AGAIN}") from error
    missing = {release.network_file, release.weights_file, release.abstention_file} - set(release.files)
    if missing or release.classes != CLASSES:
        raise ReleaseError(
            f"the {MANIFEST} of the release at {path} does not list each file it needs, or names other "
            f"classes; {_AGAIN}"
        )
    return release


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text is needed")
    return value


def _plain(name: str) -> str:
    """Refuse a name that leads out of the folder."""
    if not _PLAIN_NAME.fullmatch(name) or name == MANIFEST:
        raise ValueError("a file name of a release is plain")
    return name


def _digest(value: Any) -> str:
    if not _SHA256.fullmatch(_text(value)):
        raise ValueError("a sha256 is 64 hexadecimal digits")
    return str(value)


def _refuse_unlisted(release: Release) -> None:
    unlisted = sorted({entry.name for entry in release.path.iterdir()} - set(release.files) - {MANIFEST})
    if unlisted:
        raise ReleaseError(
            f"the release at {release.path} holds {unlisted[0]}, which its {MANIFEST} does not list; "
            f"remove what does not belong there, or {_AGAIN}"
        )


def _read_verified(path: Path, filename: str, sha256: str) -> bytes:
    content = _read(path, filename)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ReleaseError(
            f"{filename} of the release at {path} is not what was released (its sha256 differs); {_AGAIN}"
        )
    return content


def _read(path: Path, filename: str, max_bytes: int | None = None) -> bytes:
    try:
        with (path / filename).open("rb") as stream:
            content = stream.read(-1 if max_bytes is None else max_bytes + 1)
    except OSError as error:
        raise ReleaseError(
            f"{filename} of the release at {path} cannot be read ({error.strerror}); {_AGAIN}"
        ) from error
    if max_bytes is not None and len(content) > max_bytes:
        raise ReleaseError(f"{filename} of the release at {path} is too large to be one; {_AGAIN}")
    return content
