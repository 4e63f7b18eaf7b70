"""What a child may be asked for: how answers are read, and what stands for a file that cannot be opened."""

from collections.abc import Callable
from typing import Any

from daemon.decoding import decode as decode_child
from daemon.decoding.answer_format import read_decoded, read_examined, read_input
from daemon.decoding.children import Work
from daemon.decoding.convert import convert_file
from daemon.decoding.deidentify import deidentify_file
from daemon.decoding.draw import draw_file
from daemon.decoding.excerpt import excerpt_file
from daemon.decoding.opening import unexamined, unreadable


def works(decode: Callable[..., Any]) -> dict[Callable[..., Any], Work]:
    """Say how each answer is read, and what the answer is for a file that cannot be opened.

    Parameters
    ----------
    decode : callable
        What a child does with a claimed file.

    Returns
    -------
    dict of callable to Work
        By what is asked of the child.
    """
    return {
        decode: Work(read_input, unreadable),
        convert_file: Work(read_decoded, unreadable),
        draw_file: Work(read_decoded, unreadable),
        excerpt_file: Work(read_decoded, unreadable),
        deidentify_file: Work(read_decoded, unreadable),
        decode_child.hash_file: Work(read_decoded, unreadable),
        decode_child.examine_file: Work(lambda text, array, _: read_examined(text, array), unexamined),
    }
