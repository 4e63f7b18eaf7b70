"""Try many mutations in children, and go on behind each that kills its child.

``python -m tests.fuzz.campaign 700`` tries 700 of each sample and prints how many ended with which code.
"""

import signal
import subprocess
import sys
from collections import Counter

from tests.fuzz.samples import data_folder_samples, samples
from tests.support.shared import ROOT


def campaign(first, end, names):
    """Try seeds `first` to `end` of each sample.

    Returns
    -------
    codes : collections.Counter
        How often each answer was given.
    broken : list of str
        ``sample seed what`` for each mutation that ended in anything but frames or a ScanError.
    """
    codes, broken = Counter(), []
    waiting = [(name, first) for name in names]
    while waiting:
        command = [sys.executable, "-W", "error", "-m", "tests.fuzz.child"]
        name, start = waiting[0]
        batch = [name] if start > first else [each for each, _ in waiting]
        done = subprocess.run(
            [*command, str(start), str(end), *batch], cwd=ROOT, capture_output=True, text=True, check=False
        )
        lines = [line.split(" ") for line in done.stdout.splitlines()]
        answers = [line for line in lines if line[-1]]
        codes.update(line[2] for line in answers)
        broken += [" ".join(line) for line in answers if line[2].startswith("!")]
        if done.returncode == 0:
            waiting = waiting[len(batch) :]
            continue
        assert lines, done.stderr  # it did not even begin
        name, seed = lines[-1][:2]
        broken.append(f"{name} {seed} {signal.Signals(-done.returncode).name}")
        rest = [(name, int(seed) + 1)] if int(seed) + 1 < end else []
        waiting = rest + waiting[[each for each, _ in waiting].index(name) + 1 :]
    return codes, broken


if __name__ == "__main__":
    counted, found = campaign(0, int(sys.argv[1]), [*samples(), *data_folder_samples()])
    for code, count in counted.most_common():
        sys.stdout.write(f"{count:8} {code}\n")
    sys.stdout.write("".join(f"broken: {line}\n" for line in found))
    sys.exit(bool(found))
