"""`receive`: objects from modalities and archives, over DICOM."""

import typer

from daemon.cli.options import Places, placed
from daemon.cli.output import note


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
        serve(settings, engine, lambda address, port: note(_serves(settings.ae_title, address, port)))


def _serves(ae_title: str, address: str, port: int) -> str:
    at = f"[{address}]" if ":" in address else address
    return f"{ae_title} takes objects at {at}, port {port}; Ctrl-C ends it"


def _refuse_without_packages() -> None:
    from daemon.errors import ConfigurationError
    from model.extras import install_line

    try:
        import daemon.network.receiving.call_back  # noqa: F401 -- whether it can be imported
    except ImportError as error:
        raise ConfigurationError(
            f"storage commitment needs {error.name}, which is not installed: {install_line('pacs')}"
        ) from None
