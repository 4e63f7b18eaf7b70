"""Fault 17: whatever a parser or decoder raises is one row with a code.

`tests/fuzz` has 4,500 more in each run; ``python -m tests.fuzz.daemon_soak 20000 FOLDER`` asks one daemon for
twenty thousand, and looks at its memory too.

Break it: take the broad boundary out of `model.reading.prepare`, and the codes become `decoder_crashed`.
"""

from model.errors import ScanError
from tests.fuzz.mutations import mutate
from tests.fuzz.samples import samples

FIRST_SEED = 5000
AT_ONCE = 5


def test_every_mutation_has_one_outcome(daemon, size):
    known = {name: data for name, data in samples().items() if len(data) < 10_000}
    outcomes = {kind.code: kind.outcome for kind in ScanError.__subclasses__()}
    total, codes = 0, set()
    for first in range(FIRST_SEED, FIRST_SEED + size(5, 4000 // len(known) + 1), AT_ONCE):
        seeds = range(first, first + AT_ONCE)
        damaged = {f"{name}-{seed}": mutate(name, seed, known[name]) for name in known for seed in seeds}
        found = daemon.answers(f"mutations{first}", damaged, timeout_s=60)
        total += len(found)
        for row in found.values():
            assert outcomes.get(row["error_code"], "classified") == row["outcome"]
            codes.add(row["error_code"])

    assert total >= size(100, 4000)
    assert len(codes) > 4
