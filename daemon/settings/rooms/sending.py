"""Where results are sent, how peers are known, and what waits in the outbox."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
from pydantic_settings import NoDecode

from daemon.settings.destinations import destinations
from daemon.settings.listening import any_listener, listener
from daemon.settings.types import AbsolutePath, Days, Seconds, as_patterns, off_is_none


class SendingFields(BaseModel, defer_build=True):
    """The settings of `daemon.network.sending`."""

    send_to: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(as_patterns), AfterValidator(destinations)
    ] = Field(
        (),
        description="Where `inboxray send` sends results: `dicom://CALLED_AE@HOST:PORT`, `dicoms://...` "
        "(TLS), `https://HOST/.../studies` (STOW-RS), `file:///FOLDER`; a list, or with commas.",
    )
    tls_certificate_file: AbsolutePath | None = Field(
        None, description="Our own certificate (PEM, with its chain), for peers that ask for one."
    )
    tls_key_file: AbsolutePath | None = Field(
        None,
        description="The key of that certificate (PEM, without a password); none: it is in the same file.",
    )
    tls_authorities_file: AbsolutePath | None = Field(
        None, description="Certificates (PEM) by which peers are known; none: those of the system."
    )
    send_netrc_file: AbsolutePath | None = Field(
        None, description="Users and passwords for web servers, in the form of netrc(5); none: no password."
    )
    send_timeout_s: Seconds = Field(30, description="Longest wait for each answer of a peer.")
    send_retry_s: Seconds = Field(
        5, description="Wait before the first retry of what a peer did not take; it doubles, with jitter."
    )
    send_retry_most_s: Seconds = Field(
        900, description="Longest wait between two tries; nothing is ever given up."
    )
    send_metrics_listen: Annotated[str | None, BeforeValidator(off_is_none), AfterValidator(listener)] = (
        Field(None, description="Where /metrics of `inboxray send` answers, as `metrics_listen`.")
    )
    commitment_listen: Annotated[str | None, BeforeValidator(off_is_none), AfterValidator(any_listener)] = (
        Field(
            None,
            description="ADDRESS:PORT where archives may call back that they committed themselves to store; "
            "off: they answer on our own association, or are asked.",
        )
    )
    outbox_min_free_percent: float = Field(
        5,
        ge=0,
        le=90,
        allow_inf_nan=False,
        description="Free share of the outbox's disk; below it nothing new is made to be sent.",
    )
    outbox_keep_days: Days = Field(
        7, description="Days that objects stay in the outbox after they were sent; 0: not at all."
    )
