"""`make demo`: a dozen real scans through the real daemon, in a fresh spool, and what came of them.

The scans are those of the packages pydicom-data (MIT) and pydicom. The daemon is a child process, told by
variables not to wait long for files that will never be complete.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from daemon.cli.output import data_console, note
from daemon.errors import CannotCreateError, DaemonAwayError, MissingFileError
from daemon.monitoring.status_file import daemon_is_running, read_status
from daemon.spool.folders import Spool

SPOOL: Final = Path("demo-spool")
PATIENCE: Final = {
    "INBOXRAY_SETTLE_S": "0.5",
    "INBOXRAY_INCOMPLETE_WAIT_S": "1",
    "INBOXRAY_LOG_FORMAT": "json",
}

_READY_S: Final = 60.0
_ANSWERS_S: Final = 180.0
_LOOK_S: Final = 0.1

# Name in the demo's inbox, and the package and file that it is a copy of.
COPIES: Final = {
    "leg/uncompressed.dcm": ("data_store", "data/RG3_UNCR.dcm"),
    "leg/jpeg-2000-lossless.dcm": ("data_store", "data/RG3_J2KR.dcm"),
    "leg/jpeg-2000.dcm": ("data_store", "data/RG3_J2KI.dcm"),
    "leg/the-same-again.dcm": ("data_store", "data/RG3_J2KI.dcm"),
    "chest/uncompressed.dcm": ("data_store", "data/RG1_UNCR.dcm"),
    "chest/jpeg-2000-lossless.dcm": ("data_store", "data/RG1_J2KR.dcm"),
    "chest/jpeg-2000.dcm": ("data_store", "data/RG1_J2KI.dcm"),
    "head/rle-10-frames.dcm": ("data_store", "data/emri_small_RLE.dcm"),
    "report/no-image.dcm": ("pydicom", "data/test_files/reportsi.dcm"),
}
LEG: Final = "leg/uncompressed.dcm"


@dataclass(frozen=True, slots=True)
class Daemon:
    """The daemon of the demo.

    Parameters
    ----------
    process : Popen
    log : Path
        Its log, JSON lines.
    """

    process: "subprocess.Popen[bytes]"
    log: Path

    def wait_until(self, holds: Callable[[], bool], timeout_s: float, what: str) -> None:
        """Wait for a condition, but not longer than the daemon lives.

        Raises
        ------
        DaemonAwayError
            The daemon ended, or the time was over.
        """
        deadline = time.monotonic() + timeout_s
        while not holds():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])
                raise DaemonAwayError(f"the daemon did not get to {what}; the end of its log:\n{tail}")
            time.sleep(_LOOK_S)


def main() -> None:
    """Run the demo."""
    from daemon.cli.program import guarded

    guarded(demonstrate)


def demonstrate(folder: Path = SPOOL) -> None:
    """Drop the scans, let the daemon answer, show the answers.

    Parameters
    ----------
    folder : Path
        The demo's spool; one that stands there is removed first.
    """
    spool = Spool(folder.absolute())
    _clear(spool)
    staged = spool.root / ".staged"
    names = make_files(staged)
    with serving(spool) as daemon, _progress() as progress:
        task = progress.add_task("starting the daemon", total=len(names))
        daemon.wait_until(lambda: _is_ready(spool, daemon), _READY_S, "being ready")
        progress.update(task, description="answering")
        for name in names:
            _drop(staged / name, spool.inbox / name)
        shutil.rmtree(staged)

        def all_answered() -> bool:
            answered = _count(spool)
            progress.update(task, completed=answered)
            return answered >= len(names)

        daemon.wait_until(all_answered, _ANSWERS_S, "the last answer")
    _show(spool)


def make_files(folder: Path) -> list[str]:
    """Make the files of the demo.

    Parameters
    ----------
    folder : Path
        Will hold them.

    Returns
    -------
    list of str
        Their paths below it.
    """
    for name, (package, path) in COPIES.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_package_file(package, path), target)
    leg = (folder / LEG).read_bytes()
    _write_pictures(leg, folder / "leg")
    (folder / "leg" / "cut-short.dcm").write_bytes(leg[: len(leg) // 2])
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _write_pictures(dicom: bytes, folder: Path) -> None:
    """Write the picture of a radiograph as the network's pipeline sees it."""
    from model.pictures.write import write_jpeg, write_png
    from model.reading.prepare import open_pictures

    picture = next(iter(open_pictures(dicom)))
    write_png(picture, folder / "as-a-png.png")
    write_jpeg(picture, folder / "as-a-jpeg.jpg")


def _package_file(package: str, path: str) -> Path:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise MissingFileError("the demo's scans are missing: pip install 'inboxray[demo]', or use make demo")
    return Path(found.submodule_search_locations[0]) / path


def _clear(spool: Spool) -> None:
    """Remove the spool of an earlier demo, and nothing else."""
    if not spool.root.exists():
        return
    if not spool.inbox.is_dir():
        raise CannotCreateError(f"{spool.root} is no spool of an earlier demo; move it away")
    if daemon_is_running(spool.root):
        raise CannotCreateError(f"a daemon runs on {spool.root}; stop it first")
    shutil.rmtree(spool.root)


@contextmanager
def serving(spool: Spool) -> Iterator[Daemon]:
    """Run the daemon on a spool, by its command line, and stop it in the end as an operator would."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INBOXRAY_")}
    log = spool.root / "daemon.log"
    with log.open("wb") as lines:
        process = subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-m", "daemon", "run", "--spool", str(spool.root)],
            env=environment | PATIENCE,
            stdout=lines,
            stderr=lines,
        )
    try:
        yield Daemon(process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_ready(spool: Spool, daemon: Daemon) -> bool:
    status = read_status(spool.root) or {}
    # While it is starting the database may have no tables yet.
    return status.get("pid") == daemon.process.pid and status.get("state") == "running"


def _drop(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)


def _count(spool: Spool) -> int:
    from storage.engine import open_engine, sqlite_url
    from storage.queries import counts

    engine = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    try:
        return sum(count.scans for count in counts(engine))
    finally:
        engine.dispose()


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())


def _show(spool: Spool) -> None:
    from rich.text import Text

    from daemon.cli.output import Format, write_rows
    from storage.engine import open_engine, sqlite_url
    from storage.export import export_csv
    from storage.queries import results

    engine = open_engine(sqlite_url(spool.root / "results.db"), readonly=True)
    csv = spool.export / "results.csv"
    columns = ("source_name", "modality", "frames", "outcome", "error_code", "decision", "probability")
    try:
        rows = sorted(results(engine), key=lambda row: row["source_name"])
        export_csv(engine, csv)
    finally:
        engine.dispose()
    write_rows(rows, columns, Format.TABLE)
    console = data_console()
    for what, where in (
        ("database", spool.root / "results.db"),
        ("CSV", csv),
        ("files", spool.done),
        ("failed, each with its reason", spool.failed),
        ("log", spool.root / "daemon.log"),
    ):
        console.print(Text(f"{what}: {where}"), soft_wrap=True)
    note(
        "Not a medical device: the released model is a research model with modest figures. It may sort a "
        "list of pictures; it may not replace anybody who reads them."
    )


if __name__ == "__main__":
    main()
