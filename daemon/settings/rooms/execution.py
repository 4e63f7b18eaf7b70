"""What classifies, and where: here, or on the workers of a cluster."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from daemon.settings.types import AbsolutePath, CountOrAuto, as_release, lower


class ExecutionFields(BaseModel, defer_build=True):
    """The settings of `daemon.execution`."""

    engine: Literal["litert", "tensorflow"] = Field(
        "litert", description="What runs the network; tensorflow needs the extra `train`."
    )
    model: Annotated[AbsolutePath | None, BeforeValidator(as_release)] = Field(
        None,
        description="Folder of a released model, or NAME@VERSION of one that ships; none: the one that "
        "`inboxray model use` chose, else the newest that ships.",
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
