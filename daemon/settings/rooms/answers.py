"""What an answer says, and what its row and its DICOM objects hold."""

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationInfo,
    model_validator,
)
from pydantic_settings import NoDecode

from daemon.settings.types import AbsolutePath, as_patterns, lower, share

DicomResult = Annotated[Literal["sr", "sc", "gsps"], BeforeValidator(lower)]


class AnswerFields(BaseModel, defer_build=True):
    """The settings of `daemon.pipeline`: its answers."""

    prevalence: Annotated[float | None, AfterValidator(share)] = Field(
        None,
        description="Share of fractured scans here, such as 0.12; "
        "shifts reported probabilities, never decisions.",
    )
    identifiers: Literal["keep", "hash", "drop"] = Field(
        "keep",
        description="What the database gets of patient and study identifiers, station names and file names; "
        "hash and drop also leave out what stands where a code belongs and is none.",
    )
    identifiers_key_file: AbsolutePath | None = Field(
        None, description="File with the secret key; needed by identifiers = hash."
    )
    dicom_results: Annotated[tuple[DicomResult, ...], NoDecode, BeforeValidator(as_patterns)] = Field(
        (),
        description="What is made of each classified DICOM scan for an archive: sr (structured report), sc "
        "(secondary capture), gsps (presentation state); needs the extra `pacs`, and identifiers = keep.",
    )

    @model_validator(mode="after")
    def _hash_needs_a_key(self, _: ValidationInfo) -> Self:
        if self.identifiers == "hash" and self.identifiers_key_file is None:
            msg = "identifiers = hash needs identifiers_key_file, a file with the secret key"
            raise ValueError(msg)
        return self
