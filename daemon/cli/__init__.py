"""The command line: data to stdout, all else to stderr, exit codes as in sysexits(3).

One module a family of commands. What a command needs is imported inside it, so that `--help` is quick and
no command pays for another's libraries.
"""

import os


def main() -> None:
    """Run the command that the process was started with; the console script's entry.

    The program is imported here: decoding children import the console script again, and need none of it.
    """
    # a plugin would see the settings, secrets too; and looking for some costs each start 20 ms
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from daemon.cli.program import main as run

    run()
