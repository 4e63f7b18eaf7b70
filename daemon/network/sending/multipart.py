"""The body of a STOW-RS request: objects, one part each.

References
----------
PS3.18 8.6.1.2 Multipart Message Syntax, RFC 2387 multipart/related.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

_PART: Final = "application/dicom"


def related(objects: Sequence[bytes]) -> tuple[bytes, str]:
    """Write objects as one body.

    Parameters
    ----------
    objects : sequence of bytes
        Whole files.

    Returns
    -------
    tuple of (bytes, str)
        The body and its content type.
    """
    boundary = _boundary(objects)
    head = f"--{boundary}\r\nContent-Type: {_PART}\r\n\r\n".encode()
    parts = [part for content in objects for part in (head, content, b"\r\n")]
    body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
    return body, f'multipart/related; type="{_PART}"; boundary={boundary}'


def _boundary(objects: Sequence[bytes]) -> str:
    """Find a line that no object holds; by its content, so that the same objects make the same body."""
    digest = hashlib.sha256()
    for content in objects:
        digest.update(content)
    boundary = digest.hexdigest()
    while any(boundary.encode() in content for content in objects):
        boundary = hashlib.sha256(boundary.encode()).hexdigest()
    return boundary
