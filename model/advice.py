"""What to do about a file that has no picture for us: the one home of such hints.

To send a file again is advised only where it can help: where bytes are missing, or may have been spoiled on
their way. What its writer made wrong is as wrong in every copy.
"""

from enum import StrEnum


class Advice(StrEnum):
    """What to do, as the last clause of a sentence."""

    SEND = "send it again"
    SEND_WHOLE = "send it again; if it is cut at its source too, have it exported again"
    SEND_AS_BYTES = "send it again, in binary mode"
    COMPARE = "compare it with the one at its source: send it again if they differ, else export it again"
    COMPARE_A_PICTURE = "if a picture was sent, compare the file with the one at its source"
    EXPORT = "have its source export it again, for a copy of the same bytes fails too"
    CONVERT = "convert it to another kind, such as uncompressed"
    CONVERT_OR_WAIT = "convert it, or try it again after an upgrade"
    CONVERT_FORMAT = "if it is a picture, convert it to one of them"
    RAISE_LIMIT = "raise the limit if it is meant to be so large"
    REDUCE = "make the picture smaller"

    @property
    def sentence(self) -> str:
        """The same as a sentence of its own."""
        return f"{self[0].upper()}{self[1:]}."
