"""What statuses of HTTP say to those who send, whatever is sent.

References
----------
RFC 9110 15 Status Codes.
"""

from typing import Final

OF_WHAT_WAS_SENT: Final = (400, 409, 413, 415, 422)
"""They refuse this body: the same is refused again. Of several objects in one they may mean one."""
NOT_ALLOWED: Final = (401, 403, 407)
