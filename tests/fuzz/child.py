"""A process that tries mutations and says, before each, which one it is: so a crash has a name.

Arguments: the first seed, the one behind the last, and the names of samples.
"""

import os
import resource
import signal
import sys

from tests.fuzz.mutations import mutate
from tests.fuzz.promises import answer
from tests.fuzz.samples import data_folder_samples, samples

MOST_SECONDS = 20
_MEMORY_BYTES = 2 << 30


def main(first, end, names):
    """Write ``name seed`` and then its answer, a line each, for every seed of every sample."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    known = samples() | data_folder_samples()
    for name in names:
        for seed in range(first, end):
            os.write(1, f"{name} {seed} ".encode())
            signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
            try:
                code = answer(mutate(name, seed, known[name]))
            except BaseException as error:  # noqa: BLE001 - this is what we look for
                code = f"!{type(error).__name__}"
            signal.setitimer(signal.ITIMER_REAL, 0)
            os.write(1, f"{code}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
