"""Weights of a base network, as `--base-weights` takes them."""

from model.network import build_network, load_weights_bytes
from tests.support.release import shipped_release


def write_base_weights(path):
    """Write the base of the shipped network: with weights of chance, outputs would all be the same."""
    network = build_network("gap")
    load_weights_bytes(network, shipped_release().read(shipped_release().weights_file))
    network.get_layer("base").save_weights(path)
    return path
