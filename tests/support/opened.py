"""Functions of children, called here with a path, as their daemon would have it done."""

import os
from functools import partial

from daemon.decoding.opening import open_picture, open_regular


def with_file(function, path, *arguments):
    """Call a function of children with a file that it is given open."""
    descriptor = open_regular(path)
    assert descriptor is not None
    try:
        return function(descriptor, *arguments)
    finally:
        os.close(descriptor)


def pictures_in(folder):
    """Give what a child asks for the files that it writes pictures to."""
    return lambda number: os.fdopen(open_picture(os.fsencode(folder), number), "wb")


def by_path(function):
    """Make a function of children take a path."""
    return partial(with_file, function)
