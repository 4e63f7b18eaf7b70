"""Who had what done with scans and answers: a line for each act, in a file of the spool that only grows.

A file and no table: it is written while the database is away, no restored backup takes it back, and readers
of the database need no right to add to it. It holds no identifier and no name of a file.
"""

import fcntl
import json
import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from daemon.spool.folders import Spool

_WORDS = ("user", "sudo_user", "command", "outcome")

Fact = int | str
"""A count, or a word that points at no person: a release, a kind of job."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act.

    Parameters
    ----------
    at : datetime
        Aware: when it ended.
    user : str
        Whose process did it.
    sudo_user : str or None
        Who became root for it, as sudo says.
    command : str
        Such as ``requeue``; those of the daemon begin with ``job``.
    outcome : str
        ``done``, or the code of what ended it.
    facts : Mapping of str to int or str
        How many scans, files or rows, and the like.
    """

    at: datetime
    user: str
    sudo_user: str | None
    command: str
    outcome: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


def act_of(
    command: str, outcome: str, facts: Mapping[str, Fact], *, environment: Mapping[str, str] = os.environ
) -> Act:
    """Describe an act of this process, now.

    Parameters
    ----------
    command, outcome : str
    facts : Mapping of str to int or str
    environment : Mapping of str to str
        Where sudo leaves the name of the user.

    Returns
    -------
    Act
    """
    user, sudo_user = acting_user(environment)
    return Act(datetime.now(UTC), user, sudo_user, command, outcome, dict(facts))


def acting_user(environment: Mapping[str, str] = os.environ) -> tuple[str, str | None]:
    """Return whose process this is, and who became root for it.

    Parameters
    ----------
    environment : Mapping of str to str
        Where sudo leaves the name of the user.

    Returns
    -------
    user : str
        Login name; the number of one that has none.
    sudo_user : str or None
    """
    number = os.geteuid()
    user = str(number)
    with suppress(KeyError):  # a container's user may have no name
        user = pwd.getpwuid(number).pw_name
    return user, environment.get("SUDO_USER") if number == 0 else None


def append(spool: Spool, act: Act) -> None:
    """Write an act behind the others, and sync it.

    Parameters
    ----------
    spool : Spool
        It is there; none is made.
    act : Act

    Raises
    ------
    OSError
        The disk refused, or this user may not write there.
    """
    known = {name: getattr(act, name) for name in _WORDS}
    line = json.dumps({"at": act.at.isoformat(timespec="seconds"), **known, **act.facts}) + "\n"
    descriptor = _open(spool)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        size = os.fstat(descriptor).st_size
        is_cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        os.write(descriptor, (("\n" if is_cut else "") + line).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open(spool: Spool) -> int:
    """Open the file, or make it: it belongs to the spool's owner, also where root was the first to write.

    The owner of one that holds lines is left as it is: `chattr +a` forbids to set it, even to what it is.
    """
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(spool.audit_file, flags, 0o600)
    if os.geteuid() == 0 and os.fstat(descriptor).st_size == 0:
        owner = os.stat(spool.root)
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def acts(spool: Spool) -> Iterator[Act | None]:
    """Yield the acts, in the order in which they ended.

    Parameters
    ----------
    spool : Spool

    Yields
    ------
    Act or None
        None for a line that is none of ours, or was cut by a full disk.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    try:
        file = open(spool.audit_file, encoding="utf-8", errors="replace")  # noqa: SIM115 - closed below
    except FileNotFoundError:
        return
    with file:
        for line in file:
            yield _act(line)


def _act(line: str) -> Act | None:
    try:
        found = json.loads(line)
        at = datetime.fromisoformat(found.pop("at"))
        user, sudo_user, command, outcome = (found.pop(name) for name in _WORDS)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return Act(at, user, sudo_user, command, outcome, found) if at.tzinfo else None
