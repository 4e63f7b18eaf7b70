"""Which network a release holds: its head, and the sizes of its input and of its map."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

from model.reading.network_input import INPUT_SIZE

Head = Literal["gap", "place"]
"""Heads that are released; see `model.network.build_network`."""

STRIDE: Final = 32
"""Input pixels to a cell of the last maps: an input size is a multiple of it."""
CELL: Final = 16
"""Input pixels to a cell of the map of places."""
LARGEST_INPUT: Final = 1024
_FIRST_MAP_SIZE = 7


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """What a network takes and gives; the defaults are those of the first releases, which do not state it.

    Parameters
    ----------
    head : {"gap", "place"}
    input_size : int
        Rows and columns of a picture.
    map_size : int
        Rows and columns of the heat map.
    regions : tuple of str
        Parts of the body that the output `region` distinguishes, in its order; empty without that output.
    """

    head: Head = "gap"
    input_size: int = INPUT_SIZE
    map_size: int = _FIRST_MAP_SIZE
    regions: tuple[str, ...] = ()

    def as_plain(self) -> dict[str, Any]:
        """Give it as JSON has it.

        Returns
        -------
        dict of str to object
        """
        return {**asdict(self), "regions": list(self.regions)}


def read_shape(plain: Mapping[str, Any] | None) -> NetworkShape:
    """Read what `NetworkShape.as_plain` gave, trusting nothing in it.

    Parameters
    ----------
    plain : mapping, optional
        None gives the defaults.

    Returns
    -------
    NetworkShape

    Raises
    ------
    ValueError, KeyError, TypeError
        It is malformed, or states a size that no network has.
    """
    if plain is None:
        return NetworkShape()
    head, input_size, map_size = plain["head"], plain["input_size"], plain["map_size"]
    if head not in get_args(Head):
        raise ValueError(f"a head is one of {', '.join(get_args(Head))}")
    if type(input_size) is not int or input_size % STRIDE or not STRIDE <= input_size <= LARGEST_INPUT:
        raise ValueError(f"an input size is a multiple of {STRIDE}, at most {LARGEST_INPUT}")
    if type(map_size) is not int or map_size < 1 or input_size % map_size:
        raise ValueError("a map's cells are equal shares of the input")
    regions = tuple(plain["regions"])
    if not all(isinstance(name, str) and name for name in regions):
        raise ValueError("regions are names")
    return NetworkShape(head, input_size, map_size, regions)
