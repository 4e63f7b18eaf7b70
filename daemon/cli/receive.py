"""`receive`: objects from modalities and archives, over DICOM."""

from typing import TYPE_CHECKING

import typer

from daemon.cli.options import Places, placed
from daemon.cli.output import note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from daemon.network.receiving.ports import Port


def add_to(app: typer.Typer) -> None:
    """Add the command to the program.

    Parameters
    ----------
    app : typer.Typer
    """
    app.command()(receive)


@placed
def receive(places: Places) -> None:
    """Take X-rays from modalities and archives over DICOM (C-STORE) into the inbox, until asked to stop.

    An object is answered with success once its file lies whole, and to stay, in inbox/CALLING-AE/; the daemon
    (`run`) answers it from there. Who may send, and to which port, is in the settings that begin with
    `receive_`. Needs the extra `pacs` where `receive_commitment` is set.
    """
    from contextlib import ExitStack

    from daemon import logs
    from daemon.cli.open_results import reading
    from daemon.network.receiving.receive import receive as serve

    settings = places.settings()
    if settings.receive_commitment:
        _refuse_without_packages()
    with ExitStack() as opened:
        engine = opened.enter_context(reading(settings)) if settings.receive_commitment else None
        logs.configure(settings.log_level, settings.log_format)
        if engine is not None:
            from daemon.network.sending.sender import quieten_libraries

            quieten_libraries()
        serve(settings, engine, lambda ports: note(_serves(settings.ae_title, ports)))


def _serves(ae_title: str, ports: "Sequence[Port]") -> str:
    places = []
    for port in ports:
        address, number = port.listening.getsockname()[:2]
        at = f"[{address}]" if ":" in address else address
        places.append(f"{at}, port {number}" + (" (TLS)" if port.is_encrypted else ""))
    return f"{ae_title} takes objects at {' and '.join(places)}; Ctrl-C ends it"


def _refuse_without_packages() -> None:
    from daemon.errors import ConfigurationError
    from model.extras import install_line

    try:
        import daemon.network.receiving.call_back  # noqa: F401 -- whether it can be imported
    except ImportError as error:
        raise ConfigurationError(
            f"storage commitment needs {error.name}, which is not installed: {install_line('pacs')}"
        ) from None
