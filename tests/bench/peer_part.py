"""The part `peer`: inboxray beside Orthanc, in turn in one run."""

import os
import statistics
from contextlib import ExitStack

import pytest

from tests.bench.contenders import in_turn
from tests.bench.peer import INBOXRAY_BY_STORE, ORTHANC_BY_REST, ORTHANC_BY_STORE, what_is_missing
from tests.support.own_network import own_network

PAIRS = (
    ("inboxray", ORTHANC_BY_REST),
    ("inboxray", ORTHANC_BY_STORE),
    (INBOXRAY_BY_STORE, ORTHANC_BY_STORE),
)
"""Whose files a second are divided by whose."""
_WARM = 12


def compare_with_peers(contenders, rounds, files, drop, say):
    """Compare all, where Orthanc and its plug-in can be had.

    Parameters
    ----------
    contenders : dict of str to Contender
        By name; not yet started.
    rounds : int
    files : callable
        Given a number, writes so many files and gives their paths; without, those of a round.
    drop : callable
        Given the contenders, drops single files on each and gives what was measured, by name.
    say : callable
        Called with a line for whoever watches.

    Returns
    -------
    dict
        The figures; or "missing" alone: what to do so that there are some.
    """
    if missing := what_is_missing():
        return {"missing": missing}
    try:
        with own_network(), ExitStack() as running:  # Orthanc listens at every address
            for one in contenders.values():
                running.enter_context(one).run(files(_WARM))
            taken = []
            for number in range(rounds):
                load = os.getloadavg()[0]
                runs = {who: one.run(files()) for who, one in in_turn(contenders, number)}
                taken.append((load, runs))
                rates = ", ".join(f"{who} {runs[who].files_per_s:.1f}" for who in contenders)
                say(f"  round {number + 1}: {rates} files/s (load {load:.1f})")
            drops = drop(contenders)
            outcomes = {who: one.outcomes() for who, one in contenders.items()}
    except pytest.skip.Exception as refused:
        return {"missing": f"{refused}; Orthanc listens at every address, so do this as root"}
    return {
        "files": taken[0][1]["inboxray"].files,
        "load": [round(load, 2) for load, _ in taken],
        "contenders": {
            who: _figures([runs[who] for _, runs in taken]) | {"drops": drops[who], "outcomes": outcomes[who]}
            for who in contenders
        },
        "times": {f"{who} / {other}": _times(who, other, taken) for who, other in PAIRS},
    }


def _figures(runs):
    return {
        "files_per_s": statistics.median(run.files_per_s for run in runs),
        "processor_ms": statistics.median(1000 * run.processor_s / run.files for run in runs),
        "peak_mb": max(run.peak_mb for run in runs),
    }


def _times(who, other, taken):
    ratios = [runs[who].files_per_s / runs[other].files_per_s for _, runs in taken]
    return {"median": statistics.median(ratios), "range": [min(ratios), max(ratios)]}
