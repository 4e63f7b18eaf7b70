"""Whether two exports hold the same answers, row by row: python -m tests.systemd.same_answers FIRST SECOND.

Ids, times and places differ; probabilities may by what another batch does to the last digits.
"""

import csv
import sys
from pathlib import Path

OF_A_RUN = {"scan_id", "received_at", "finished_at", "stored_path", "duplicate_of", "probability"}
TOLERANCE = 1e-5


def read(path: Path) -> dict[str, dict[str, str]]:
    """Read the rows of an export by the names of their files, each of which must be there once."""
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    named = {row["source_name"]: row for row in rows}
    assert len(named) == len(rows), "a file has two rows"
    return named


def differences(first: dict[str, dict[str, str]], second: dict[str, dict[str, str]]) -> list[str]:
    """Name what is not the same: FILE COLUMN ONE OTHER."""
    found = [f"{name}: in one export only" for name in sorted(first.keys() ^ second.keys())]
    for name in sorted(first.keys() & second.keys()):
        one, other = first[name], second[name]
        found += [
            f"{name}: {column} {one[column]!r} {other[column]!r}"
            for column in sorted(one.keys() - OF_A_RUN)
            if one[column] != other[column]
        ]
        apart = abs(float(one["probability"] or 0) - float(other["probability"] or 0))
        if apart > TOLERANCE or bool(one["probability"]) != bool(other["probability"]):
            found.append(f"{name}: probability {one['probability']} {other['probability']}")
    return found


if __name__ == "__main__":
    exports = [read(Path(argument)) for argument in sys.argv[1:3]]
    wrong = differences(*exports)
    print("\n".join(wrong) or f"{len(exports[0])} rows are the same")  # noqa: T201 -- what this program is for
    sys.exit(bool(wrong))
