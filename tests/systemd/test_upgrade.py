"""What `make install` does with databases of an earlier release: its own functions, the real program."""

import os
import subprocess
from pathlib import Path

import pytest

from storage.engine import open_engine
from storage.revision import current
from storage.urls import sqlite_url
from tests.support.deadlines import scaled
from tests.support.first_release import fill
from tests.support.forked import write_command

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = (ROOT / "systemd" / "service.sh").read_text()
FUNCTIONS = SCRIPT.partition("\ncheck\n")[0].replace('$(cd "$(dirname "$0")" && pwd)', str(ROOT / "systemd"))


@pytest.fixture
def upgrade(tmp_path):
    """Call `upgrade_database` on a spool; whoever runs the tests is the daemon's user."""
    write_command(tmp_path / "bin")
    program = tmp_path / "bin" / "inboxray"

    def call(spool, variables="", credential=""):
        script = (
            f'{FUNCTIONS}\nrunuser() {{ shift 3; "$@"; }}\nPROGRAM={program}\n'
            f'upgrade_database "{spool}" "{variables}" "{credential}" || echo NOT UPGRADED\n'
        )
        environment = {name: value for name, value in os.environ.items() if not name.startswith("INBOXRAY_")}
        return subprocess.run(
            ["sh", "-c", script],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=scaled(100),
            check=True,
        )

    return call


def older(url):
    engine = open_engine(url)
    fill(engine, 3)
    engine.dispose()


def revision(url):
    engine = open_engine(url, readonly=True)
    try:
        return current(engine)
    finally:
        engine.dispose()


def test_the_spools_own_database_is_copied_and_migrated(tmp_path, upgrade):
    older(sqlite_url(tmp_path / "results.db"))
    end = upgrade(tmp_path)
    (backup,) = tmp_path.glob("before-upgrade-*.db")
    assert revision(sqlite_url(backup)) == "0001"
    assert revision(sqlite_url(tmp_path / "results.db")) != "0001"
    assert "NOT UPGRADED" not in end.stdout


def test_a_spool_without_a_database_stays_without(tmp_path, upgrade):
    upgrade(tmp_path)
    assert not (tmp_path / "results.db").exists()


def test_an_instances_own_variable_names_its_database(tmp_path, upgrade):
    url = sqlite_url(tmp_path / "elsewhere.db")
    older(url)
    variables = tmp_path / "ward.env"
    variables.write_text(f"# of the ward\nINBOXRAY_BATCH_SIZE=8\nINBOXRAY_DATABASE_URL={url}\n")
    upgrade(tmp_path, variables)
    assert revision(url) != "0001"


@pytest.mark.postgres
def test_a_servers_database_is_found_by_its_credential(tmp_path, upgrade, postgres_server):
    url = postgres_server.create_database()
    older(url)
    credential = tmp_path / "secret"
    credential.write_text(url + "\n")
    end = upgrade(tmp_path, credential=credential)
    assert revision(url) != "0001"
    assert "pg_dump" in end.stderr
    postgres_server.drop_database(url)


def test_one_that_cannot_be_upgraded_is_told(tmp_path, upgrade):
    (tmp_path / "results.db").write_bytes(b"no database" * 100)
    end = upgrade(tmp_path)
    assert "NOT UPGRADED" in end.stdout
    assert "is no SQLite database" in end.stderr
