"""Tests that share a dear fixture go to one worker: one TensorFlow, one server, one shared daemon.

Break it: take a pytest with which pytest-xdist does not see the groups.
"""

import pytest


@pytest.mark.skipif(
    "not config.option.numprocesses and not hasattr(config, 'workerinput')", reason="one process"
)
def test_the_group_is_in_what_the_scheduler_goes_by(request):
    assert request.node.nodeid.endswith("@tests/test_groups.py")
