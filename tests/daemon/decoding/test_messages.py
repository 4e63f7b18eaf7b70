"""What a daemon and its children say to each other needs no decoder, so the daemon imports none.

Break it: import `model.reading.prepare` at the top of `daemon.decoding.decode`.
"""

import json
import subprocess
import sys

from tests.support.daemons import environment
from tests.support.pictures import drop, png_bytes
from tests.support.shared import ROOT

ONCE = """
import json, sys
from daemon.cli.program import main
try:
    main(["once", "--spool", sys.argv[1]])
except SystemExit as end:
    print(json.dumps([end.code, sorted({"cv2", "imagecodecs", "PIL", "pydicom"} & set(sys.modules))]))
"""


def test_a_daemon_that_answers_files_imports_no_decoder(tmp_path):
    spool = tmp_path / "spool"
    drop(spool / "inbox" / "a.png", png_bytes(1))

    ended = subprocess.run(
        [sys.executable, "-c", ONCE, spool],
        cwd=ROOT,
        env=environment(spool, settle_s=0.05),
        capture_output=True,
        text=True,
        timeout=200,
        check=True,
    )

    assert json.loads(ended.stdout.splitlines()[-1]) == [0, []]
    assert len(list((spool / "done").rglob("*.png"))) == 1
