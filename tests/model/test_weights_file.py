import numpy as np
import pytest

from model.errors import ReleaseError

h5py = pytest.importorskip("h5py", reason="comes with the extra `train`")

from model.weights_file import check_weights, read_weights  # noqa: E402 # needs h5py


def _add_layer(file, group, name, *arrays):
    variables = file.create_group(f"{group}/vars")
    variables.attrs["name"] = name
    for number, array in enumerate(arrays):
        variables[str(number)] = array


@pytest.fixture
def path(tmp_path):
    """Give a file as Keras lays it out: by class and running number, the name in an attribute."""
    with h5py.File(tmp_path / "some.weights.h5", "w") as file:
        _add_layer(file, "layers/dense", "first", np.ones((2, 3)), np.zeros(3))
        _add_layer(file, "layers/functional", "base")
        _add_layer(file, "layers/functional/layers/conv2d", "Conv1", np.ones((3, 3)))
        file.create_group("vars").attrs["name"] = "whole"
    return tmp_path / "some.weights.h5"


def test_weights_are_read_by_the_names_of_their_layers(path):
    weights = read_weights(path)

    assert {name: [one.shape for one in arrays] for name, arrays in weights.items()} == {
        "first": [(2, 3), (3,)],
        "base/Conv1": [(3, 3)],
    }


def test_states_of_training_and_of_random_generators_are_no_weights(path):
    with h5py.File(path, "a") as file:
        _add_layer(file, "optimizer", "adam", np.ones(4))
        _add_layer(file, "layers/dropout", "dropout")
        _add_layer(file, "layers/dropout/seed_generator", "seed_generator_1", np.ones(2))

    assert set(read_weights(path)) == {"first", "base/Conv1"}


def test_ten_arrays_keep_their_order(path):
    with h5py.File(path, "a") as file:
        _add_layer(file, "layers/dense_1", "many", *(np.full(1, number) for number in range(12)))

    assert [float(one[0]) for one in read_weights(path)["many"]] == list(range(12))


@pytest.mark.parametrize("kind", ["external", "virtual"])
def test_numbers_in_another_file_are_refused(path, tmp_path, kind):
    with h5py.File(path, "a") as file:
        variables = file["layers/functional/layers/conv2d/vars"]
        del variables["0"]
        if kind == "external":
            variables.create_dataset("0", (4,), dtype="u1", external=[(str(tmp_path / "other"), 0, 4)])
        else:
            layout = h5py.VirtualLayout((4,), dtype="u1")
            layout[:] = h5py.VirtualSource(str(tmp_path / "other"), "there", (4,))
            variables.create_virtual_dataset("0", layout)

    with pytest.raises(ReleaseError, match="does not hold the weights"):
        read_weights(path)


def test_links_to_other_files_are_not_followed(path, tmp_path):
    with h5py.File(tmp_path / "other.weights.h5", "w") as other:
        _add_layer(other, "layer", "elsewhere", np.ones(4))
    with h5py.File(path, "a") as file:
        file["layers/dense_1"] = h5py.ExternalLink(str(tmp_path / "other.weights.h5"), "/layer")

    assert set(read_weights(path)) == {"first", "base/Conv1"}


def test_a_file_without_names_is_refused(path):
    with h5py.File(path, "a") as file:
        del file["layers/dense/vars"].attrs["name"]

    with pytest.raises(ReleaseError, match="does not hold the weights"):
        read_weights(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n cut short"])
def test_what_is_no_such_file_is_refused(tmp_path, content):
    (tmp_path / "some.weights.h5").write_bytes(content)

    with pytest.raises(ReleaseError, match="does not hold the weights"):
        read_weights(tmp_path / "some.weights.h5")


def test_a_message_names_the_first_differences_and_counts_the_rest():
    weights = {f"layer_{number}": [np.ones(2)] for number in range(5)}

    with pytest.raises(ReleaseError, match=r"no layer layer_0; .*no layer layer_2; 2 more"):
        check_weights(weights, {}, "some.weights.h5")


def test_weights_that_fit_pass():
    check_weights({"one": [np.ones((2, 3))]}, {"one": [(2, 3)]}, "some.weights.h5")
