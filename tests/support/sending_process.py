"""`inboxray` with objects that are small and quickly made, in the network that the environment names."""

import os
import sys
import types
from contextlib import contextmanager

from tests.support.own_network import enter_named_network
from tests.support.result_objects import made_object

UNMAKEABLE = "TESTS_UNMAKEABLE"
"""The id of a scan of which no object can be made."""


class _Maker:
    """Makes one report of each scan."""

    def of(self, scan_id):
        if scan_id == os.environ.get(UNMAKEABLE):
            raise ValueError(scan_id)
        return [made_object(scan_id)]


@contextmanager
def _open(*_):
    yield _Maker()


def main():
    stand_in = types.ModuleType("daemon.network.objects")
    stand_in.ObjectMaker = _Maker
    stand_in.open_maker = _open
    stand_in.require_highdicom = lambda: None
    sys.modules["daemon.network.objects"] = stand_in
    enter_named_network()
    from daemon.cli.program import main as program

    program()


if __name__ == "__main__":
    main()
