import numpy as np
import pytest

from tests.support.labelled import tiny_network
from tests.support.tensorflow import USES_TENSORFLOW

pytestmark = USES_TENSORFLOW

INPUTS = np.random.default_rng(0).integers(0, 65536, (7, 32, 32), dtype=np.uint16)


@pytest.fixture(scope="module", autouse=True)
def late(tensorflow_on_all_cores):
    """Import what needs TensorFlow in the process of its tests, not wherever they are collected."""
    global to_network_input, compiled, outputs_of
    from model.classifier import to_network_input
    from model.lab.training.inference import compiled, outputs_of


def test_it_is_compiled_once_for_any_number_of_pictures():
    run = compiled(tiny_network())
    for count in (1, 3, 7):
        run(to_network_input(INPUTS[:count]))

    assert run.experimental_get_tracing_count() == 1


def test_nothing_is_dropped_out_and_no_statistic_moves():
    network = tiny_network()
    run = compiled(network)
    before = [weight.numpy() for weight in network.weights]
    first, second = (outputs_of(run, INPUTS) for _ in range(2))

    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])
    for weight, known in zip(network.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), known)


def test_the_last_batch_may_be_smaller():
    run = compiled(tiny_network())
    whole, parts = outputs_of(run, INPUTS), outputs_of(run, INPUTS, batch_size=3)

    assert {name: values.shape for name, values in whole.items()} == {
        name: values.shape for name, values in parts.items()
    }
    np.testing.assert_allclose(whole["logit"], parts["logit"], atol=1e-5)
