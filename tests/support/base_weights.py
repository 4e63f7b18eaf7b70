"""Weights of a base network, as `--base-weights` takes them."""

from model.network import build_network, load_weights_bytes
from tests.support.release import shipped_release


def write_base_weights(path):
    """Write the base of the shipped network: with weights of chance, outputs would all be the same."""
    release = shipped_release()
    shipped = build_network(release.shape.head, size=release.shape.input_size)
    load_weights_bytes(shipped, release.read(release.weights_file))
    base = build_network("gap").get_layer("base")  # as Keras makes it, whatever a release made of it
    for layer in base.layers:
        if layer.weights:
            layer.set_weights(shipped.get_layer("base").get_layer(layer.name).get_weights())
    base.save_weights(path)
    return path
