"""Which files a command was given: each path by itself, folders walked, in a stable order."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase

from daemon.errors import MissingFileError
from daemon.spool.names import encode_name


def find_files(paths: Iterable[str], ignore: Sequence[str]) -> Iterator[bytes]:
    """Yield regular files, those of a folder sorted by name.

    Links are not followed, nor are files in folders that match `ignore`; a file that is named by itself is
    always taken, and a link that is named by itself stands for what it points to.

    Parameters
    ----------
    paths : iterable of str
        Files and folders.
    ignore : sequence of str
        Globs of names in folders.

    Yields
    ------
    bytes
        Paths, each beginning as it was given.

    Raises
    ------
    MissingFileError
        A path is not there; raised before the first file.
    """
    given = list(paths)
    absent = [path for path in given if not os.path.exists(path)]
    if absent:
        named = ", ".join(encode_name(os.fsencode(path)) for path in absent)
        raise MissingFileError(f"no such file or folder: {named}")
    return _walk_all(given, ignore)


def _walk_all(paths: Sequence[str], ignore: Sequence[str]) -> Iterator[bytes]:
    for path in paths:
        if os.path.isdir(path):
            yield from _walk(os.fsencode(path), ignore)
        else:
            yield os.fsencode(path)


def _walk(folder: bytes, ignore: Sequence[str]) -> Iterator[bytes]:
    ordered: list[os.DirEntry[bytes]] = []
    with suppress(FileNotFoundError), os.scandir(folder) as entries:  # it may have gone since it was listed
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        name = os.fsdecode(entry.name)
        if any(fnmatchcase(name, pattern) for pattern in ignore):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, ignore)
        elif entry.is_file(follow_symlinks=False):
            yield entry.path
