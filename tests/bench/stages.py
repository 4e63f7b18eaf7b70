"""Milliseconds a file and stage, read from the daemon's own log."""

import json
from collections import defaultdict


def read_stages(log, skip=0):
    """Sum up what the lines of answered scans say.

    Parameters
    ----------
    log : Path
        JSON lines.
    skip : int
        Bytes at the beginning that belong to earlier work.

    Returns
    -------
    dict of str to float
        Mean milliseconds a file. Children's stages overlap with those of batches, and with one another.
    """
    with log.open("rb") as file:
        file.seek(skip)
        lines = [json.loads(line) for line in file if line.startswith(b"{")]
    scans = [line for line in lines if line.get("event") == "scan_recorded"]
    sums = defaultdict(float)
    for scan in scans:
        for stage, seconds in scan["scan_s"].items():
            sums[stage] += seconds
        for stage, seconds in scan["batch_s"].items():
            sums[stage] += seconds / scan["batch_size"]
    return {stage: 1000 * total / len(scans) for stage, total in sums.items()}
