"""What stands in the place of identifiers: it follows from them by a secret key, and leads back to none.

The same identifier gives the same pseudonym with the same key, so that a patient's studies and a study's
files stay together over many exports; another key gives others that have nothing to do with them.

References
----------
PS3.15 E.1.1 De-identifier; RFC 2104 HMAC; PS3.5 B.2 UUID Derived UID; RFC 9562, 5.8 (UUID of version 8).
"""

import hmac
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

LEAST_KEY_BYTES: Final = 32
_STANDARD: Final = "1.2.840.10008."
_FORM: Final = b"inboxray de-identification, form 1"
_LEAST_DAYS, _MOST_DAYS = 366, 3650
_SECONDS_A_DAY: Final = 86_400
_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Makes pseudonyms.

    Parameters
    ----------
    key : bytes
        At least `LEAST_KEY_BYTES`; who has it can try which identifier gives a pseudonym.
    """

    key: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Names the key, and gives nothing of it away."""
        return self._digest("fingerprint").hex()[:_DIGITS]

    def uid(self, original: str) -> str:
        """Map a UID.

        Parameters
        ----------
        original : str

        Returns
        -------
        str
            Below 2.25; one of the standard itself stays.
        """
        if original.startswith(_STANDARD):
            return original
        value = bytearray(self._digest("uid", original)[:16])
        value[6] = value[6] & 0x0F | 0x80
        value[8] = value[8] & 0x3F | 0x80
        return f"2.25.{uuid.UUID(bytes=bytes(value)).int}"

    def patient(self, *identity: bytes) -> str:
        """Name a patient.

        Parameters
        ----------
        identity : bytes
            What distinguishes the patient from all others.

        Returns
        -------
        str
            16 hexadecimal digits behind a P.
        """
        return "P" + self._digest("patient", *identity).hex()[:_DIGITS].upper()

    def shift(self, patient: str) -> timedelta:
        """Say by how much the times of a patient are moved.

        Parameters
        ----------
        patient : str
            As `patient` names it.

        Returns
        -------
        timedelta
            One to ten years back; days, and seconds of a day: a time of day to the second is a key, too.
        """
        number = int.from_bytes(self._digest("shift", patient)[:16], "big")
        number, seconds = divmod(number, _SECONDS_A_DAY)
        days = _LEAST_DAYS + number % (_MOST_DAYS - _LEAST_DAYS)
        return -timedelta(days=days, seconds=seconds)

    def scan(self, scan_id: str) -> str:
        """Name a scan: its id holds the time at which it came.

        Parameters
        ----------
        scan_id : str

        Returns
        -------
        str
            16 hexadecimal digits behind an S.
        """
        return "S" + self._digest("scan", scan_id).hex()[:_DIGITS].upper()

    def number(self, scan_id: str) -> int:
        """Number a scan: its own number counts those that came before.

        Parameters
        ----------
        scan_id : str

        Returns
        -------
        int
            From 1 on, below 1,000,000,000.
        """
        return 1 + int.from_bytes(self._digest("number", scan_id)[:8], "big") % 999_999_999

    def _digest(self, kind: str, *parts: str | bytes) -> bytes:
        encoded = [part if isinstance(part, bytes) else part.encode("utf-8", "replace") for part in parts]
        lengths = b",".join(str(len(part)).encode() for part in encoded)  # no two lists are the same text
        return hmac.digest(self.key, b"\0".join((_FORM, kind.encode(), lengths, *encoded)), "sha256")
