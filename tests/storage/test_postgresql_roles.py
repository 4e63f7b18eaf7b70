"""The roles of systemd/postgresql-roles.sql on a real server: each can do its work, and nothing else."""

import re
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from storage.engine import open_engine
from storage.upgrade import upgrade
from tests.support.daemons import inboxray
from tests.support.pages import RunningPage
from tests.support.pictures import png_bytes

ROLES = (Path(__file__).resolve().parents[2] / "systemd" / "postgresql-roles.sql").read_text()

pytestmark = pytest.mark.postgres


@pytest.fixture
def urls(postgres_server, migrations):
    """A database with the roles, and its URL for each of them."""
    url = postgres_server.create_database()

    def as_role(role):
        return make_url(url).set(username=f"inboxray_{role}").render_as_string(hide_password=False)

    def give_rights():
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(ROLES)

    give_rights()
    engine = open_engine(as_role("owner"))
    upgrade(engine, migrations)
    engine.dispose()
    give_rights()
    give_rights()  # changes nothing
    yield {role: as_role(role) for role in ("owner", "writer", "reader", "page", "reviewer")}
    postgres_server.drop_database(url)


def ask(url, statement):
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def refused(url, statement):
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_the_writer_runs_the_daemon_and_the_reader_sees_what_came_of_it(urls, tmp_path):
    inbox = tmp_path / "spool" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "scan.png").write_bytes(png_bytes(1))
    end = inboxray(tmp_path / "spool", "once", database_url=urls["writer"], settle_s=0.1, look_interval_ms=20)
    assert end.returncode == 0, end.stderr

    assert ask(urls["reader"], "SELECT source_name, outcome FROM results") == [("scan.png", "classified")]
    shown = inboxray(tmp_path / "spool", "results", "--format", "csv", database_url=urls["writer"])
    assert "scan.png" in shown.stdout
    assert ask(urls["writer"], "SELECT ended_at IS NOT NULL FROM runs") == [(True,)]
    review = inboxray(tmp_path / "spool", "review", "--agree", "scan.png", database_url=urls["writer"])
    assert review.returncode == 0, review.stderr
    assert ask(urls["reader"], "SELECT reviewed FROM results") == [("agree",)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM scans",
        "SELECT * FROM predictions",
        "SELECT * FROM models",
        "SELECT * FROM runs",
        "SELECT * FROM reviews",
        "CREATE TABLE mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
    ],
)
def test_the_reader_may_do_nothing_else(urls, statement):
    refused(urls["reader"], statement)


def test_the_page_has_the_rights_that_its_questions_need(urls, tmp_path):
    """Break it: leave a table out. The page answers 503 on PostgreSQL."""
    pytest.importorskip("uvicorn", reason="the extra `page` is not installed")
    inbox = tmp_path / "spool" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "scan.png").write_bytes(png_bytes(1))
    (inbox / "broken.png").write_bytes(b"")
    settings = {"settle_s": 0.1, "look_interval_ms": 20, "incomplete_wait_s": 0.2}
    assert inboxray(tmp_path / "spool", "once", database_url=urls["writer"], **settings).returncode == 0
    with RunningPage(tmp_path / "spool", database_url=urls["page"]) as page:
        links = set(re.findall(r'href="/scan/([0-9a-f-]{36})', page.ask().decode()))
        assert len(links) == 2
        for target in ("/", "/figures", "/failures", *(f"/scan/{link}" for link in links)):
            assert page.ask(target).startswith(b"HTTP/1.1 200 "), target


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO scans (scan_id) VALUES ('x')",
        "INSERT INTO reviews (note) VALUES ('x')",
        "UPDATE scans SET decision = 'fractured'",
        "DELETE FROM predictions",
        "CREATE TABLE mine (x int)",
    ],
)
def test_the_page_changes_nothing(urls, statement):
    refused(urls["page"], statement)


def test_the_reviewer_reviews_on_the_page_and_by_command(urls, tmp_path):
    """Break it: leave out INSERT on reviews. The page answers 503, and the command ends with 78."""
    pytest.importorskip("uvicorn", reason="the extra `page` is not installed")
    inbox = tmp_path / "spool" / "inbox"
    inbox.mkdir(parents=True)
    (inbox / "scan.png").write_bytes(png_bytes(1))
    once = inboxray(
        tmp_path / "spool", "once", database_url=urls["writer"], settle_s=0.1, look_interval_ms=20
    )
    assert once.returncode == 0, once.stderr
    with RunningPage(tmp_path / "spool", "--reviewer", "Dr. A", database_url=urls["reviewer"]) as page:
        (link,) = set(re.findall(r'href="/scan/([0-9a-f-]{36})', page.ask().decode()))
        form = b"note=&verdict=agree"
        head = (
            f"POST /scan/{link}/review HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
            "Connection: close\r\n\r\n"
        )
        assert page.send(head.encode() + form).startswith(b"HTTP/1.1 303 ")
    review = inboxray(tmp_path / "spool", "review", "--unsure", "scan.png", database_url=urls["reviewer"])
    assert review.returncode == 0, review.stderr
    found = ask(urls["reviewer"], "SELECT verdict FROM reviews ORDER BY id")
    assert found == [("agree",), ("unsure",)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO scans (scan_id) VALUES ('x')",
        "UPDATE scans SET decision = 'fractured'",
        "UPDATE reviews SET verdict = 'agree'",
        "DELETE FROM reviews",
        "CREATE TABLE mine (x int)",
    ],
)
def test_the_reviewer_changes_nothing_else(urls, statement):
    refused(urls["reviewer"], statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM scans",
        "UPDATE scans SET decision = 'fractured'",
        "UPDATE predictions SET score = 1",
        "UPDATE runs SET host = 'x'",
        "UPDATE reviews SET verdict = 'agree'",
        "DELETE FROM reviews",
        "TRUNCATE scans",
        "DROP TABLE scans",
        "ALTER TABLE scans ADD COLUMN x int",
        "UPDATE alembic_version SET version_num = 'x'",
        "CREATE TABLE mine (x int)",
    ],
)
def test_the_writer_takes_nothing_back(urls, statement):
    refused(urls["writer"], statement)
