"""Which scans are for the network: decided by what their headers say, before a pixel is decoded."""

from dataclasses import dataclass
from typing import Final, Literal

from model.errors import ExcludedBodyPart, ExcludedModality, ExcludedPresentation, ScanError
from model.header import Header

_SECONDARY_CAPTURES: Final = frozenset(
    "1.2.840.10008.5.1.4.1.1.7" + ending for ending in ("", ".1", ".2", ".3", ".4")
)


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What a header may say of a scan that is for the network.

    Only what a header says can exclude a scan; what it leaves out cannot: these elements are often missing,
    and a scan that is missed is worse than one too many. So a PNG or JPEG, which has none, is always
    eligible. The default excludes nothing.

    Attributes
    ----------
    modalities, body_parts : frozenset of str
        Those that are taken, as `coded` writes them; all if empty. Modality (0008,0060), Body Part Examined
        (0018,0015).
    exclude_modalities, exclude_body_parts : frozenset of str
        Those that are not; they go before the former.
    presentation : {"any", "presentation", "processing"}
        The Presentation Intent Type (0008,0068) that is taken: FOR PRESENTATION, FOR PROCESSING, or either.
    takes_secondary_captures : bool
        Take objects of the Secondary Capture Image Storage classes, such as photographs of screens and films.
    takes_derived : bool
        Take pictures whose Image Type (0008,0008) says DERIVED; most processed radiographs do.
    takes_localizers : bool
        Take pictures whose Image Type says LOCALIZER.

    References
    ----------
    PS3.3 C.7.3.1.1.1 Modality, C.7.6.1.1.2 Image Type, C.8.11.1.1.1 Presentation Intent Type; PS3.4 B.5.
    """

    modalities: frozenset[str] = frozenset()
    exclude_modalities: frozenset[str] = frozenset()
    body_parts: frozenset[str] = frozenset()
    exclude_body_parts: frozenset[str] = frozenset()
    presentation: Literal["any", "presentation", "processing"] = "any"
    takes_secondary_captures: bool = True
    takes_derived: bool = True
    takes_localizers: bool = True

    def check(self, header: Header) -> None:
        """Refuse a scan that is not for the network.

        Parameters
        ----------
        header : Header

        Raises
        ------
        ExcludedModality, ExcludedBodyPart, ExcludedPresentation
            The first of them that holds.
        """
        reason = self.reason(header)
        if reason is not None:
            raise reason(header=header)

    def reason(self, header: Header) -> type[ScanError] | None:
        """Return why a scan is not for the network.

        Parameters
        ----------
        header : Header

        Returns
        -------
        type[ScanError] or None
        """
        if _is_excluded(header.modality, self.modalities, self.exclude_modalities):
            return ExcludedModality
        if _is_excluded(header.body_part_examined, self.body_parts, self.exclude_body_parts):
            return ExcludedBodyPart
        return None if self._is_presented_as_wanted(header) else ExcludedPresentation

    def _is_presented_as_wanted(self, header: Header) -> bool:
        intent = coded(header.presentation_intent_type)
        kinds = [coded(value) for value in header.image_type]
        return (
            (self.presentation == "any" or intent in ("", f"FOR {self.presentation.upper()}"))
            and (self.takes_secondary_captures or header.sop_class_uid not in _SECONDARY_CAPTURES)
            and (self.takes_derived or kinds[:1] != ["DERIVED"])
            and (self.takes_localizers or "LOCALIZER" not in kinds[2:])
        )


def coded(text: str | None) -> str:
    """Write a coded string so that two can be compared: capitals, single blanks, none at its ends.

    Parameters
    ----------
    text : str or None
        A value of representation CS, as a header holds it or as a person types it.

    Returns
    -------
    str
        Empty for None.

    References
    ----------
    PS3.5 6.2 Value Representation: CS has capitals only, and blanks at its ends do not count.
    """
    return " ".join((text or "").replace("\0", " ").upper().split())


def _is_excluded(value: str | None, taken: frozenset[str], excluded: frozenset[str]) -> bool:
    known = coded(value)
    return bool(known) and (known in excluded or (bool(taken) and known not in taken))
