"""Fault 17: whatever a parser or decoder raises is one row with a code; `tests/fuzz` has 4,500 more.

Break it: take the broad boundary out of `model.prepare`, and the codes become `decoder_crashed`.
"""

from model.errors import ScanError
from tests.fuzz.mutations import mutate
from tests.fuzz.samples import samples

SEEDS = range(5000, 5005)


def test_every_mutation_has_one_outcome(daemon):
    known = {name: data for name, data in samples().items() if len(data) < 10_000}
    damaged = {f"{name}-{seed}": mutate(name, seed, data) for name, data in known.items() for seed in SEEDS}
    names = {kind.code: kind.outcome for kind in ScanError.__subclasses__()}

    found = daemon.answers("mutations", damaged, timeout_s=60)

    assert len(found) > 100
    for row in found.values():
        assert names.get(row["error_code"], "classified") == row["outcome"]
    assert len({row["error_code"] for row in found.values()}) > 4
