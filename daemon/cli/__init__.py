"""The command line: data to stdout, all else to stderr, exit codes as in sysexits(3).

One module a family of commands. What a command needs is imported inside it, so that `--help` is quick and
no command pays for another's libraries.
"""

from daemon.cli.main import main

__all__ = ["main"]
