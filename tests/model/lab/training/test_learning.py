"""What learns at a step: all, or all but the early blocks of the base.

Break it: let `late_variables` begin one block earlier.
"""

from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW


def test_only_blocks_of_the_base_settle():
    from model.lab.training.learning import late_variables
    from model.network import build_network

    network = build_network("place", size=None)

    late = {one.path for one in late_variables(network)}
    settled = [one.path.split("/")[0] for one in network.trainable_variables if one.path not in late]
    assert {name.partition("_")[0] for name in settled} == {"Conv1", "bn", "expanded", "block"}
    assert {name for name in settled if name.startswith("block_5")}
    assert not {name for name in settled if name.startswith("block_6")}
