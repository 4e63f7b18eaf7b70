"""Which scans are classified; the others are rejected."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from daemon.settings.types import Codes, lower


class EligibleFields(BaseModel, defer_build=True):
    """The settings of `model.reading.eligibility`."""

    modalities: Codes = Field((), description="Modalities to classify, such as CR, DX; empty: all.")
    exclude_modalities: Codes = Field((), description="Modalities to reject as excluded_modality.")
    body_parts: Codes = Field((), description="Body parts to classify, such as WRIST, HAND; empty: all.")
    exclude_body_parts: Codes = Field((), description="Body parts to reject as excluded_body_part.")
    presentation: Annotated[Literal["any", "presentation", "processing"], BeforeValidator(lower)] = Field(
        "any", description="Presentation intent to classify; the other is rejected as excluded_presentation."
    )
    secondary_captures: bool = Field(
        default=True, description="Classify secondary captures; else excluded_presentation."
    )
    derived_images: bool = Field(
        default=True,
        description="Classify images marked as derived: most radiographs are; else excluded_presentation.",
    )
    localizers: bool = Field(default=True, description="Classify localizers; else excluded_presentation.")
