"""When a study is reported, to whom, and what that names."""

from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    model_validator,
)
from pydantic_settings import NoDecode

from daemon.settings.notices import mail_server_address, recipients, sender, webhooks
from daemon.settings.rules import rules
from daemon.settings.types import AbsolutePath, Seconds, SecondsOrNone, as_patterns

Rules = Annotated[tuple[str, ...], NoDecode, BeforeValidator(as_patterns), AfterValidator(rules)]


class StudyFields(BaseModel, defer_build=True):
    """The settings of `daemon.network.studies`."""

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
        return self
