"""The settings: each has a name, a type, its unit in its name, a range, and a sentence on what it is for.

They stand in `daemon.settings.rooms`. `Settings` is a value. It reads no file and no environment;
`daemon.settings.sources` does, once, and hands it down.
"""

import hashlib
import json
from typing import Final, Self

from pydantic import ValidationInfo, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from daemon.settings.ignored_names import RECEIVING
from daemon.settings.rooms.answers import AnswerFields
from daemon.settings.rooms.decoding import DecodingFields
from daemon.settings.rooms.eligible import EligibleFields
from daemon.settings.rooms.execution import ExecutionFields
from daemon.settings.rooms.inbox import InboxFields
from daemon.settings.rooms.jobs import JobFields
from daemon.settings.rooms.monitoring import MonitoringFields
from daemon.settings.rooms.receiving import ReceivingFields
from daemon.settings.rooms.sending import SendingFields
from daemon.settings.rooms.service import ServiceFields
from daemon.settings.rooms.studies import StudyFields

ENV_PREFIX: Final = "INBOXRAY_"


class Settings(
    # pydantic takes the fields of the last one first: documents and errors have them in the order from below
    StudyFields,
    SendingFields,
    ReceivingFields,
    MonitoringFields,
    JobFields,
    ServiceFields,
    AnswerFields,
    ExecutionFields,
    EligibleFields,
    DecodingFields,
    InboxFields,
    BaseSettings,
):
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
        defer_build=False,  # unlike its parts
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
    def _addresses_stand_once(self, _: ValidationInfo) -> Self:
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
