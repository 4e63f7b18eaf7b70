"""``python -m tests.soak.on_server OPTION...``: `inboxray soak` on a PostgreSQL of its own, which syncs."""

import subprocess
import sys

from tests.support.daemons import environment
from tests.support.postgres import new_server


def main(options):
    """Run it; return its exit code."""
    server = new_server(durable=True)
    try:
        command = [
            sys.executable,
            "-m",
            "daemon",
            "soak",
            "--database-url",
            server.create_database(),
            *options,
        ]
        return subprocess.run(command, env=environment("."), check=False).returncode
    finally:
        server.remove()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
