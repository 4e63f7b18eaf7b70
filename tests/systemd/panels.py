"""Ask a Prometheus what each panel of a dashboard would show: python3 -m tests.systemd.panels URL DASHBOARD.

Exits 1 unless each query is understood, and those that must have an answer soon after the start have one.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

PATIENCE_S = 60
STARTING = 503  # what Prometheus answers until it has read its own files
# What only a job of the night gives a value to.
MAY_BE_EMPTY = ("inboxray_job_last_success_timestamp_seconds", "inboxray_drift_index")


def ask(url: str, query: str) -> list[object]:
    """Give the series that a query has now."""
    words = urllib.parse.urlencode({"query": query})
    with urllib.request.urlopen(f"{url}/api/v1/query?{words}", timeout=10) as answer:  # noqa: S310 -- ours
        found: list[object] = json.load(answer)["data"]["result"]
    return found


def wait_for(url: str, query: str) -> list[object]:
    """Ask until there is an answer, or the patience ends."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            found = ask(url, query)
        except OSError as error:
            is_refused = isinstance(error, urllib.error.HTTPError) and error.code != STARTING
            if is_refused or time.monotonic() > deadline:
                raise
            found = []
        if found or time.monotonic() > deadline:
            return found
        time.sleep(1)


def main(url: str, dashboard: Path) -> int:
    """Print how many series each query has, and return the exit code."""
    empty = 0
    for panel in json.loads(dashboard.read_text())["panels"]:
        for target in panel["targets"]:
            query = target["expr"]
            is_optional = any(word in query for word in MAY_BE_EMPTY)
            found = ask(url, query) if is_optional else wait_for(url, query)
            print(f"{len(found)} series: {panel['title']}: {query}")  # noqa: T201 -- its answer
            empty += not (found or is_optional)
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
