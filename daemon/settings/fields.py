"""The settings: each has a name, a type, its unit in its name, a range, and a sentence on what it is for.

`Settings` is a value. It reads no file and no environment; `daemon.settings.sources` does, once, and hands it
down.
"""

import hashlib
import json
from datetime import time
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from daemon.settings.destinations import destinations
from daemon.settings.ignored_names import DEFAULT_IGNORE, RECEIVING
from daemon.settings.listening import any_listener, listener
from daemon.settings.notices import mail_server_address, recipients, sender, webhooks
from daemon.settings.rules import rules
from daemon.settings.types import (
    AbsolutePath,
    Codes,
    Count,
    CountOrAuto,
    Days,
    PartOfHour,
    Seconds,
    SecondsOrNone,
    Suffixes,
    TimeOrOff,
    as_patterns,
    database_scheme,
    entity_title,
    lower,
    off_is_none,
    share,
)

ENV_PREFIX: Final = "INBOXRAY_"
Rules = Annotated[tuple[str, ...], NoDecode, BeforeValidator(as_patterns), AfterValidator(rules)]
DicomResult = Annotated[Literal["sr", "sc", "gsps"], BeforeValidator(lower)]


class Settings(BaseSettings):
    """Everything that can be set, parsed and checked once.

    The field's name is the key in the TOML file; `INBOXRAY_` and the name in capitals is the variable.
    Relative paths are taken from the folder in which the process was started.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,  # a database URL holds a password
        validate_default=True,
    )

    spool: AbsolutePath = Field(Path("spool"), description="The folder that holds inbox/, done/, failed/ ...")
    database_url: Annotated[SecretStr | None, AfterValidator(database_scheme)] = Field(
        None, description="sqlite:///PATH or postgresql://...; without it, SQLite in the spool: results.db."
    )

    look_interval_ms: int = Field(
        100, ge=1, le=60_000, description="Least time between the two looks that must agree before a claim."
    )
    settle_s: SecondsOrNone = Field(5, description="Quiet that a file needs without the event of its close.")
    incomplete_wait_s: SecondsOrNone = Field(
        300, description="Quiet after which an incomplete file is claimed, and fails as truncated."
    )
    ignore: Annotated[tuple[str, ...], NoDecode, BeforeValidator(as_patterns)] = Field(
        DEFAULT_IGNORE,
        description="Globs of names that are never claimed, whatever their capitals: a list, or with commas.",
    )
    ignore_more: Annotated[tuple[str, ...], NoDecode, BeforeValidator(as_patterns)] = Field(
        (), description="More of them, beside those of `ignore`."
    )
    marker_suffixes: Suffixes = Field(
        (),
        description="Endings of marker files, such as .ready or .md5: a file is claimed only once its marker "
        "lies beside it, and that goes with it.",
    )
    remove_empty_folders: bool = Field(
        default=False, description="Remove folders of the inbox that stood empty for a day."
    )
    sweep_s: float = Field(
        30, gt=0, le=3600, allow_inf_nan=False, description="Longest time between two sweeps over the inbox."
    )
    polling: bool = Field(default=False, description="Do without file system events (network shares).")

    keep_png: bool = Field(
        default=False,
        description="Keep the picture of each classified scan, as the pipeline sees it, in spool/png/.",
    )
    previews: bool = Field(
        default=True, description="Keep small pictures of classified scans in spool/previews/, for the page."
    )

    batch_size: int = Field(16, ge=1, le=1024, description="Most scans in one batch and one transaction.")
    batch_wait_ms: int = Field(
        500,
        ge=0,
        le=60_000,
        description="Longest wait for a batch to fill while more files are being decoded.",
    )
    decode_workers: CountOrAuto = Field(0, description="Decoding children; 0: one a core.")
    deadline_s: Seconds = Field(
        30, description="Time to decode a file, all tries together; then it fails as deadline."
    )
    deadline_per_frame_s: SecondsOrNone = Field(1, description="More time for each further frame.")
    decode_memory_mb: int = Field(2048, ge=64, description="Memory limit of a decoding child.")
    decode_tasks_per_child: Count = Field(1000, description="Files after which a child is renewed.")
    max_file_mb: Count = Field(1024, description="A larger file fails as too_large.")
    max_megapixels: float = Field(
        64, gt=0, allow_inf_nan=False, description="A larger frame fails as too_large, before it is decoded."
    )
    max_frames: Count = Field(500, description="A scan with more frames fails as too_large.")
    max_scan_megapixels: float = Field(
        2000, gt=0, allow_inf_nan=False, description="So does one whose frames have more pixels in all."
    )
    half_size_jpeg_2000: bool = Field(
        default=False,
        description="Decode large JPEG 2000 at half size, about three times as fast; probabilities "
        "move, by up to 0.010 on 233 films.",
    )

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

    engine: Literal["litert", "tensorflow"] = Field(
        "litert", description="What runs the network; tensorflow needs the extra `train`."
    )
    model: AbsolutePath | None = Field(
        None,
        description="Folder of a released model; none: the one that `inboxray model use` chose, "
        "else the newest that ships.",
    )
    executor: Annotated[Literal["local", "dask"], BeforeValidator(lower)] = Field(
        "local", description="Where files are decoded and classified: here, or by the workers of a cluster."
    )
    dask_scheduler: str | None = Field(
        None, description="The cluster's scheduler: tls://HOST:PORT, or tcp://127.0.0.1:PORT on this machine."
    )
    dask_ca_file: AbsolutePath | None = Field(
        None, description="Certificate of the cluster's authority, PEM; see `inboxray cluster certificates`."
    )
    dask_certificate_file: AbsolutePath | None = Field(
        None, description="This machine's certificate in the cluster, PEM."
    )
    dask_key_file: AbsolutePath | None = Field(None, description="The key of that certificate, PEM.")

    inference_threads: CountOrAuto = Field(0, description="Threads of the network; 0: one a core.")
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
    database_wait_s: SecondsOrNone = Field(60, description="How long `once` waits for an absent database.")
    stop_s: SecondsOrNone = Field(30, description="Time to finish what is claimed when asked to stop.")
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(lower)] = Field(
        "info", description="Least level of a log line."
    )
    log_format: Annotated[Literal["auto", "json", "text"], BeforeValidator(lower)] = Field(
        "auto", description="auto: text on a terminal, else JSON lines."
    )
    export_at: TimeOrOff = Field(
        time(2, 0), description="Local time of the nightly CSV and Parquet in spool/export; off: none."
    )
    snapshot_at: TimeOrOff = Field(
        time(2, 15),
        description="Local time of the nightly copy of SQLite to spool/export/results.db; off: none.",
    )
    optimize_at: TimeOrOff = Field(
        time(2, 45), description="Local time at which SQLite looks after its indexes; off: never."
    )
    retention_at: TimeOrOff = Field(
        time(3, 0), description="Local time at which files that were kept long enough go; off: never."
    )
    keep_done_days: Days = Field(0, description="Days that files stay in done/; 0: for ever. Rows stay.")
    keep_failed_days: Days = Field(0, description="Days that files stay in failed/; 0: for ever. Rows stay.")
    keep_previews_days: Days = Field(
        0, description="Days that small pictures stay; 0: for as long as the file of their scan."
    )
    min_free_percent: float = Field(
        0,
        ge=0,
        le=50,
        allow_inf_nan=False,
        description="Free share of the spool's disk; below it the oldest files with a row go; 0: never.",
    )
    check_at: TimeOrOff = Field(
        time(4, 0), description="Local time at which rows are compared with files; off: never."
    )
    summary_at: TimeOrOff = Field(
        time(6, 0), description="Local time of the line in the log that sums up the last day; off: none."
    )
    metrics_listen: Annotated[str | None, BeforeValidator(off_is_none), AfterValidator(listener)] = Field(
        None,
        description="Where /metrics, /health and /ready answer: HOST:PORT of this machine or unix:PATH.",
    )
    canary_every_minutes: PartOfHour = Field(
        0, description="How often the daemon drops a synthetic X-ray to try itself; 0: never."
    )
    canary_within_s: Seconds = Field(
        60, description="Time in which that must be answered, or /ready says no."
    )
    drift_at: TimeOrOff = Field(
        time(5, 45),
        description="Local time at which scans are compared with those of the release; off: none.",
    )
    drift_days: Annotated[int, Field(ge=1, le=366)] = Field(
        14, description="Days of scans that are compared."
    )
    drift_bound: float = Field(
        0.2,
        gt=0,
        le=10,
        allow_inf_nan=False,
        description="Population stability index past which something has moved.",
    )

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
    study_quiet_s: Seconds = Field(
        120,
        description="Quiet after which `inboxray send` reports a study: no new answer, none of it coming in.",
    )
    study_wait_s: SecondsOrNone = Field(
        900,
        description="Longest wait for the answers to what `inboxray receive` took together with a study; "
        "then it is reported without them, and says so.",
    )
    study_report: bool = Field(
        default=False,
        description="Make a structured report of each study, too; needs the extra `pacs`, and identifiers = "
        "keep.",
    )
    webhook_to: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(as_patterns), AfterValidator(webhooks)
    ] = Field(
        (),
        description="Web addresses to which `inboxray send` reports studies, by a signed POST: "
        "`https://HOST/PATH`; a list, or with commas.",
    )
    webhook_when: Rules = Field(
        ("fractured",),
        description="Of which studies: rules such as fractured, uncertain>=0.4, fractured@MAKER, incomplete "
        "or any; one must hold for one of its scans.",
    )
    webhook_secret: SecretStr | None = Field(
        None, description="The secret of the signature: whsec_ and base64, or a text; better in a file."
    )
    webhook_secret_file: AbsolutePath | None = Field(None, description="A file that holds it.")
    mail_to: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(as_patterns), AfterValidator(recipients)
    ] = Field((), description="Mailboxes that get an e-mail of studies; a list, or with commas.")
    mail_when: Rules = Field(("fractured",), description="Of which studies; rules as in `webhook_when`.")
    mail_from: Annotated[str | None, AfterValidator(sender)] = Field(
        None, description="The mailbox in whose name e-mail is sent; needed by `mail_to`."
    )
    mail_server: Annotated[str | None, AfterValidator(mail_server_address)] = Field(
        None,
        description="What takes e-mail: `smtp://HOST:PORT` (STARTTLS), `smtps://HOST:PORT` (TLS), or "
        "`smtp-plain://HOST:PORT` for one on this machine; user and password in send_netrc_file.",
    )
    notices_name_patients: bool = Field(
        default=False,
        description="Let webhooks and e-mail hold Patient ID, Accession Number and Study Instance UID.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read nothing by itself: `daemon.settings.sources` merges the sources and remembers them.

        Parameters
        ----------
        settings_cls : type[BaseSettings]
        init_settings, env_settings, dotenv_settings, file_secret_settings : PydanticBaseSettingsSource

        Returns
        -------
        tuple of PydanticBaseSettingsSource
        """
        return (init_settings,)

    @model_validator(mode="after")
    def _hash_needs_a_key(self, _: ValidationInfo) -> Self:
        if self.identifiers == "hash" and self.identifiers_key_file is None:
            msg = "identifiers = hash needs identifiers_key_file, a file with the secret key"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _notices_have_what_they_need(self, _: ValidationInfo) -> Self:
        if self.webhook_secret is not None and self.webhook_secret_file is not None:
            msg = "webhook_secret and webhook_secret_file are both set: leave one out"
            raise ValueError(msg)
        if self.webhook_to and self.webhook_secret is None and self.webhook_secret_file is None:
            msg = "webhook_to needs webhook_secret_file, a file with the secret by which a receiver knows us"
            raise ValueError(msg)
        if self.mail_to and (self.mail_from is None or self.mail_server is None):
            msg = "mail_to needs mail_server and mail_from"
            raise ValueError(msg)
        if twice := set(self.webhook_to) & set(self.send_to):
            msg = f"send_to and webhook_to name the same address {len(twice)} times: leave it out of one"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _commitment_knows_instances(self, _: ValidationInfo) -> Self:
        if self.receive_commitment and self.identifiers == "drop":
            msg = (
                "receive_commitment needs identifiers = keep or hash: with drop no row says of which "
                "instance it is, and every commitment would be reported as failed"
            )
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _results_name_patients(self, _: ValidationInfo) -> Self:
        if (self.dicom_results or self.study_report) and self.identifiers != "keep":
            name = "dicom_results" if self.dicom_results else "study_report"
            msg = (
                f"{name} needs identifiers = keep: with {self.identifiers} nothing that we write "
                "names a patient, and an archive files no object that names none"
            )
            raise ValueError(msg)
        return self

    @property
    def never_claimed(self) -> tuple[str, ...]:
        """Globs of names that are never claimed."""
        return (
            *self.ignore,
            *self.ignore_more,
            *(f"*{suffix}" for suffix in self.marker_suffixes),
            RECEIVING,
        )

    def database(self) -> str:
        """Return the URL of the database: the one that was set, else SQLite in the spool.

        Returns
        -------
        str
        """
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        from storage.urls import sqlite_url

        return sqlite_url(self.spool / "results.db")

    def masked_database(self) -> str:
        """Return the URL of the database as it may be shown: without its password.

        Returns
        -------
        str
        """
        from storage.urls import mask_url

        return mask_url(self.database())

    def digest(self) -> str:
        """Return the sha256 (hex) of all settings, which distinguishes runs; no secret goes in.

        Returns
        -------
        str
        """
        values = self.model_dump(mode="json", exclude={"database_url"})
        values["database_url"] = self.masked_database()
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
