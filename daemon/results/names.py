"""What in a spool a person means who names a file: by a path from here, from the inbox or from the spool."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from daemon.spool.folders import Spool
from daemon.spool.names import REASON_SUFFIX, encode_name


@dataclass(frozen=True, slots=True)
class RowNames:
    """What the row of a named file may hold, as rows write names.

    Parameters
    ----------
    stored_paths : frozenset of str
        Below the spool.
    source_names : frozenset of str
        Below the inbox.
    last_parts : frozenset of str
        Of a source's name, where a name without a folder was given; else empty.
    """

    stored_paths: frozenset[str]
    source_names: frozenset[str]
    last_parts: frozenset[str]


def meant_paths(named: str, spool: Spool) -> Iterator[bytes]:
    """Yield the paths that a person may mean, absolute, without links in their folders.

    Parameters
    ----------
    named : str
        From the working folder, from the inbox, or from the spool.
    spool : Spool

    Yields
    ------
    bytes
        The last part may be a link itself, and need not be there.
    """
    inbox = os.path.realpath(os.fsencode(spool.inbox))
    for base in (os.getcwdb(), inbox, os.path.dirname(inbox)):
        folder, name = os.path.split(os.path.join(base, os.fsencode(named)))
        if name:
            yield os.path.join(os.path.realpath(folder), name)


def row_names(named: str, spool: Spool) -> RowNames:
    """Say which rows may be meant by the name of a file that was answered.

    Parameters
    ----------
    named : str
        A path as of `meant_paths`, also that of a reason file, or text as a row has it.
    spool : Spool

    Returns
    -------
    RowNames
    """
    as_typed = encode_name(os.fsencode(named))
    as_in_a_row = {named} if named.isprintable() else set()  # no row holds another, and no database takes it
    stored, sources = set(as_in_a_row), set(as_in_a_row)
    last_parts = as_in_a_row | {as_typed} if named and "/" not in named else set()
    inbox = os.path.realpath(os.fsencode(spool.inbox))
    for path in meant_paths(named.removesuffix(REASON_SUFFIX), spool):
        if path.startswith(inbox + b"/"):
            sources.add(encode_name(path[len(inbox) + 1 :]))
        else:
            stored.add(encode_name(os.path.relpath(path, os.path.dirname(inbox))))
    return RowNames(frozenset(stored), frozenset(sources), frozenset(last_parts))
