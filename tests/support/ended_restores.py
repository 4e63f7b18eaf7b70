"""Restores that end at each of their steps in turn: BACKUP FOLDER, with results.db in FOLDER, OUT.

Each works in a copy of FOLDER: OUT/0 is of the one that was ended before its first access to a file, OUT/1
before its second, and the last of the one that came to its end.
"""

import itertools
import os
import shutil
import sys
from pathlib import Path

from storage.backup import put_back

ACCESSES = ("open", "os.link", "os.remove", "os.rename", "sqlite3.connect")


def restore(backup, database, number):
    """Restore in a process that ends before an access; tell whether it came to its end."""
    child = os.fork()
    if child:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert code in (0, 9)
        return code == 0
    turns = itertools.count()

    def end(event, _arguments):
        if event in ACCESSES and next(turns) == number:
            os._exit(9)

    sys.addaudithook(end)
    put_back(backup, database)
    os._exit(0)


if __name__ == "__main__":
    backup, folder, out = map(Path, sys.argv[1:])
    for number in itertools.count():
        shutil.copytree(folder, out / f"{number}")
        if restore(backup, out / f"{number}" / "results.db", number):
            break
