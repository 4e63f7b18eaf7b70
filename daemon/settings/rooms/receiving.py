"""Who we are in a DICOM network, and what we take from it."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_settings import NoDecode

from daemon.settings.listening import any_listener, listener
from daemon.settings.types import Count, Seconds, as_patterns, entity_title, off_is_none


class ReceivingFields(BaseModel, defer_build=True):
    """The settings of `daemon.network.receiving`."""

    ae_title: Annotated[str, AfterValidator(entity_title)] = Field(
        "INBOXRAY", description="Our application entity title in DICOM associations."
    )
    receive_listen: Annotated[str | None, BeforeValidator(off_is_none), AfterValidator(any_listener)] = Field(
        "127.0.0.1:11112",
        description="Where `inboxray receive` takes associations: ADDRESS:PORT; off: by TLS alone.",
    )
    receive_tls_listen: Annotated[str | None, BeforeValidator(off_is_none), AfterValidator(any_listener)] = (
        Field(
            None,
            description="Where it takes them by TLS, with `tls_certificate_file`: ADDRESS:PORT.",
        )
    )
    receive_tls_clients: bool = Field(
        default=True,
        description="Take by TLS only peers with a certificate of `tls_authorities_file`; false: any.",
    )
    receive_from: Annotated[tuple[str, ...], NoDecode, BeforeValidator(as_patterns)] = Field(
        (),
        description="Who may send to it: AE, AE@ADDRESS or AE@ADDRESS:PORT, a list or with commas; the port "
        "is where it takes reports on storage commitment. Empty: any that connects from this machine.",
    )
    receive_associations: Annotated[int, Field(ge=1, le=1000)] = Field(
        20, description="Most associations at once; further ones are rejected for the moment."
    )
    receive_silence_s: Seconds = Field(
        60, description="Silence after which an association is aborted; a PDU has as long to be whole."
    )
    receive_association_s: Seconds = Field(14_400, description="Longest time that an association lasts.")
    receive_association_mb: Count = Field(16_384, description="Most that comes over one association.")
    receive_commitment: bool = Field(
        default=False,
        description="Answer storage commitment: `inboxray receive` then reads the results database.",
    )
    receive_commitment_s: Seconds = Field(
        60, description="Wait for the rows of what a commitment is asked for; then it fails for the rest."
    )
    receive_metrics_listen: Annotated[str | None, BeforeValidator(off_is_none), AfterValidator(listener)] = (
        Field(None, description="Where /metrics of `inboxray receive` answers, as `metrics_listen`.")
    )
