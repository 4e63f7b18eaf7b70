"""The command line: data to stdout, all else to stderr, exit codes as in sysexits(3).

One module a family of commands. What a command needs is imported inside it, so that `--help` is quick and
no command pays for another's libraries.
"""


def main() -> None:
    """Run the command that the process was started with; the console script's entry.

    The program is imported here: decoding children import the console script again, and need none of it.
    """
    from daemon.cli.program import main as run

    run()
