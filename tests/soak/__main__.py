"""`make soak`: every fault at its full size, and one table of what came of it.

``python -m tests.soak FOLDER`` runs two things at a time, writes what each printed to FOLDER, the table to
FOLDER/table.txt and FOLDER/table.json, and exits 1 if anything failed. FOLDER is made anew.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from tests.soak.items import campaigns, pytests
from tests.soak.table import of_campaign, of_tests, text
from tests.support.daemons import environment
from tests.support.shared import ROOT

AT_A_TIME = 2
LONGEST_S = 3500


def run(item, folder, longest_s=LONGEST_S):
    """Run an item, then end all it started; return its exit code, its output and its seconds."""
    began = time.monotonic()
    with (folder / f"{item.name}.log").open("w") as log:
        with subprocess.Popen(
            item.command,
            cwd=ROOT,
            env=environment("."),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # so that whatever it started can be ended with it
        ) as process:
            try:
                output, _ = process.communicate(timeout=longest_s)
                code = process.returncode
            except subprocess.TimeoutExpired:
                code, output = 124, ""
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        log.write(output)
    seconds = time.monotonic() - began
    sys.stderr.write(f"{item.name}: {'failed' if code else 'done'} after {seconds:.0f} s\n")
    return code, output, seconds


def main(folder):
    """Run everything; return the exit code."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began, items = time.monotonic(), [*campaigns(folder), *pytests(folder)]
    with ThreadPoolExecutor(AT_A_TIME) as lanes:
        ended = list(lanes.map(lambda item: run(item, folder), items))
    lines = [of_campaign(item, *end) for item, end in zip(items, ended, strict=True) if item.row is not None]
    lines += of_tests(folder.glob("*.xml"))
    lines.sort(key=lambda line: line.row)
    failed = [item.name for item, (code, _, _) in zip(items, ended, strict=True) if code]
    seconds = time.monotonic() - began
    shown = {"seconds": round(seconds), "failed": failed, "rows": [asdict(line) for line in lines]}
    (folder / "table.json").write_text(json.dumps(shown, indent=1) + "\n")
    table = f"{text(lines)}\n\n{seconds / 60:.0f} min; failed: {', '.join(failed) or 'nothing'}\n"
    (folder / "table.txt").write_text(table)
    sys.stdout.write(table)
    return bool(failed) or any(line.passed == "fail" for line in lines)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
