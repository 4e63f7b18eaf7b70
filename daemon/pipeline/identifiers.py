"""What the database learns of identifiers: all, a keyed hash, or nothing.

Governs patient id, accession number, the three UIDs, the station's name, and names of files; with
`hash` or `drop` a file is also stored under the name that its row holds. Elements that hold a code, such as
the modality, may then hold nothing else: some devices write names of people there.
"""

import hmac
import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from daemon.errors import ConfigurationError

_KNOWN_SUFFIXES = frozenset({".dcm", ".dicom", ".png", ".jpg", ".jpeg"})
_HASH_DIGITS = 32
_CODE_STRING = re.compile(r"[A-Z0-9 _]{1,16}")
_UID = re.compile(r"[0-9.]{1,64}")
_PEER = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_MIN_KEY_BYTES = 16
_OTHERS_WRITE = 0o022


@dataclass(frozen=True, slots=True)
class Identifiers:
    """The rule for identifiers.

    Parameters
    ----------
    mode : str
        ``keep``, ``hash`` (HMAC-SHA-256, the first 128 bits as hexadecimal digits) or ``drop``.
    key : bytes
        Secret key of the HMAC; empty for the other modes.
    """

    mode: Literal["keep", "hash", "drop"]
    key: bytes = b""

    def value(self, text: str | None) -> str | None:
        """Apply the rule to one identifier.

        Parameters
        ----------
        text : str or None

        Returns
        -------
        str or None
        """
        if text is None or self.mode == "keep":
            return text
        return self._hash(text.encode("utf-8", "surrogateescape")) if self.mode == "hash" else None

    def code(self, text: str | None) -> str | None:
        """Apply the rule to an element that must hold a code string, such as Body Part Examined.

        Parameters
        ----------
        text : str or None

        Returns
        -------
        str or None
            As it is with `keep`; else None for what is no code string: it may be anything, a name too.

        References
        ----------
        PS3.5 6.2, CS.
        """
        return self._conforming(text, _CODE_STRING)

    def uid(self, text: str | None) -> str | None:
        """Apply the rule to a UID that identifies no patient, such as Transfer Syntax UID; as `code`.

        Parameters
        ----------
        text : str or None

        Returns
        -------
        str or None

        References
        ----------
        PS3.5 6.2, UI.
        """
        return self._conforming(text, _UID)

    def peer(self, text: str | None) -> str | None:
        """Apply the rule to the title or the address of who sent a file, as `code`.

        Parameters
        ----------
        text : str or None

        Returns
        -------
        str or None
        """
        return self._conforming(text, _PEER)

    def path(self, source: bytes, scan_id: str) -> bytes:
        """Apply the rule to a path below the inbox.

        Parameters
        ----------
        source : bytes
        scan_id : str
            Takes the name's place with `drop`.

        Returns
        -------
        bytes
            As it is; each component hashed; or the scan's id. A known suffix stays.
        """
        if self.mode == "keep":
            return source
        suffix = PurePosixPath(os.fsdecode(source)).suffix.lower()
        ending = suffix.encode() if suffix in _KNOWN_SUFFIXES else b""
        if self.mode == "drop":
            return scan_id.encode() + ending
        return b"/".join(self._hash(part).encode() for part in source.split(b"/")) + ending

    def _conforming(self, text: str | None, pattern: re.Pattern[str]) -> str | None:
        if text is None or self.mode == "keep":
            return text
        return text if pattern.fullmatch(text.strip(" \0")) else None  # padded to an even length

    def _hash(self, value: bytes) -> str:
        return hmac.digest(self.key, value, "sha256").hex()[:_HASH_DIGITS]


def open_identifiers(mode: Literal["keep", "hash", "drop"], key_file: Path | None) -> Identifiers:
    """Read the key that the mode needs.

    Parameters
    ----------
    mode : {"keep", "hash", "drop"}
    key_file : Path or None

    Returns
    -------
    Identifiers

    Raises
    ------
    ConfigurationError
        The key file cannot be read, can be written by others, or is too short.
    """
    if mode != "hash":
        return Identifiers(mode)
    if key_file is None:
        raise ConfigurationError(
            "`identifiers = hash` needs a secret key: set `identifiers_key_file` to a private file "
            f"with at least {_MIN_KEY_BYTES} random bytes."
        )
    try:
        mode_of_key = key_file.stat().st_mode
        key = key_file.read_bytes().strip()
    except OSError as error:
        raise ConfigurationError(
            f"cannot read `identifiers_key_file` {key_file}: {error.strerror}. "
            "Let the daemon's user read it, or set another."
        ) from error
    if mode_of_key & _OTHERS_WRITE:
        raise ConfigurationError(
            f"others than its owner may write to `identifiers_key_file` {key_file} and could choose the key: "
            f"chmod 0600 {key_file}, and make a new key if that may have happened."
        )
    if len(key) < _MIN_KEY_BYTES:
        raise ConfigurationError(
            f"the key in {key_file} has {len(key)} bytes, at least {_MIN_KEY_BYTES} are needed: "
            "a short key can be guessed from the hashes."
        )
    return Identifiers(mode, key)
