import subprocess
import sys

EARLY = """
import os, sys
from daemon.child_server import server, start_early

def tell(pipe):
    pipe.send((os.umask(0), os.getppid()))

if __name__ == "__main__":
    os.umask(0o022)
    start_early()
    heavy = [name for name in ("numpy", "sqlalchemy", "pebble", "daemon.service") if name in sys.modules]
    answers = []
    for context in (server(), server()):
        ours, theirs = context.Pipe()
        child = context.Process(target=tell, args=(theirs,))
        child.start()
        answers.append(ours.recv())
        child.join()
    umasks, parents = zip(*answers)
    print(heavy, oct(os.umask(0)), *map(oct, umasks), len(set(parents)))
"""


def test_it_starts_before_anything_heavy_is_imported_and_children_write_for_the_account_alone(tmp_path):
    script = tmp_path / "early.py"
    script.write_text(EARLY)

    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[] 0o77 0o77 0o77 1"
