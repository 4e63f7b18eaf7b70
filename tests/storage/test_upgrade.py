import multiprocessing
import shutil
import textwrap
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from storage.engine import open_engine
from storage.errors import DatabaseUnavailable, SchemaNotAtHead
from storage.ledger import Ledger
from storage.revision import check, current, head
from storage.upgrade import bring_to_head, configuration, upgrade
from tests.support.deadlines import scaled
from tests.support.first_release import fill
from tests.support.records import MODEL, RUN, classified

NEWEST = len(list((Path(__file__).resolve().parents[2] / "migrations" / "versions").glob("[0-9]*.py")))
TABLES = {"alembic_version", "models", "predictions", "reviews", "runs", "scans"}


def tables(engine):
    with engine.connect() as connection:
        inspector = inspect(connection)
        return set(inspector.get_table_names()) | set(inspector.get_view_names())


@pytest.fixture
def revisions(tmp_path, migrations):
    """A copy of the revisions, to which a test adds its own."""
    copy = tmp_path / "100% migrations"
    shutil.copytree(migrations, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def nth(step: int) -> str:
    """Name the revision that comes so many after the newest."""
    return f"{NEWEST + step:04d}"


def add_revision(revisions: Path, step: int, body: str) -> None:
    """Write a revision that comes so many after the newest."""
    source = f'''
"""A test's revision."""

import sqlalchemy as sa
from alembic import op

revision = "{nth(step)}"
down_revision = "{nth(step - 1)}"


def upgrade():
{textwrap.indent(textwrap.dedent(body), "    ")}
'''
    (revisions / "versions" / f"{nth(step)}_test.py").write_text(source)


def test_an_empty_database_is_brought_to_head(empty_engine, migrations):
    assert current(empty_engine) is None

    bring_to_head(empty_engine, migrations)

    assert current(empty_engine) == head(migrations)
    assert tables(empty_engine) == TABLES | {"results"}


def test_a_database_at_head_is_let_pass(engine, migrations):
    bring_to_head(engine, migrations)

    check(engine, migrations)
    assert upgrade(engine, migrations) == []


def test_an_older_database_is_refused_until_it_is_upgraded(engine, revisions):
    add_revision(revisions, 1, 'op.create_table("later", sa.Column("x", sa.Integer()))')

    with pytest.raises(SchemaNotAtHead, match=rf"revision {nth(0)}, .* {nth(1)}; run `inboxray db upgrade`"):
        bring_to_head(engine, revisions)
    assert "later" not in tables(engine)

    assert upgrade(engine, revisions) == [nth(1)]
    check(engine, revisions)
    assert "later" in tables(engine)


def test_a_newer_database_is_refused(empty_engine, migrations, revisions):
    add_revision(revisions, 1, 'op.create_table("later", sa.Column("x", sa.Integer()))')
    upgrade(empty_engine, revisions)

    for refusing in (bring_to_head, check, upgrade):
        with pytest.raises(SchemaNotAtHead, match="newer version"):
            refusing(empty_engine, migrations)


def test_somebody_elses_database_is_refused_and_left_alone(empty_engine, migrations):
    """An SQLite file with any other table; on a server, tables with names of ours."""
    name = "invoices" if empty_engine.dialect.name == "sqlite" else "runs"
    with empty_engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE {name} (x INTEGER)"))

    for refusing in (bring_to_head, check, upgrade):
        with pytest.raises(SchemaNotAtHead, match="not inboxray's"):
            refusing(empty_engine, migrations)
    assert tables(empty_engine) == {name}


OTHERS = {
    "an extension's views": "CREATE EXTENSION pg_stat_statements",
    "a view": "CREATE VIEW pg_stat_monitor AS SELECT 1 AS calls",
    "a foreign table": "CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; "
    "CREATE FOREIGN TABLE log (line text) SERVER files OPTIONS (filename '/dev/null')",
    "a table": "CREATE TABLE invoices (x INTEGER)",
}


@pytest.mark.postgres
@pytest.mark.parametrize("what", OTHERS)
def test_what_others_keep_in_the_schema_does_not_matter(postgres_server, migrations, what):
    """Fault 64: monitoring puts its views into an empty database before we come."""
    url = postgres_server.create_database()
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(OTHERS[what])
    except DBAPIError:
        engine.dispose()
        pytest.skip("this server has no extensions: apt-get install postgresql-contrib")
    before = tables(engine)
    bring_to_head(engine, migrations)
    assert tables(engine) == before | TABLES | {"results"}
    bring_to_head(engine, migrations)
    engine.dispose()
    postgres_server.drop_database(url)


@pytest.mark.postgres
def test_a_role_may_have_a_schema_of_its_own(postgres_server, migrations):
    url = postgres_server.create_database()
    engine = open_engine(f"{url}?options=-csearch_path%3Dxrays")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA xrays; CREATE TABLE public.runs (x INTEGER)")
    bring_to_head(engine, migrations)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names("public") == ["runs"]
    assert tables(engine) == TABLES | {"results"}
    engine.dispose()
    postgres_server.drop_database(url)


STEPS = ('op.create_table("later", sa.Column("x", sa.Integer()))', 'op.execute("DELETE FROM scans")', "1 / 0")


@pytest.mark.parametrize("fails_after", range(3))
def test_a_revision_that_fails_leaves_nothing_behind(engine, revisions, fails_after):
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    ledger.record([classified(1, predictions=())], ledger.begin_run(RUN))
    add_revision(revisions, 1, 'op.create_table("sound", sa.Column("x", sa.Integer()))')
    add_revision(revisions, 2, "\n".join((*STEPS[:fails_after], STEPS[-1])))

    with pytest.raises(ZeroDivisionError):
        upgrade(engine, revisions)

    assert current(engine) == nth(1)
    assert tables(engine) == TABLES | {"results", "sound"}
    assert set(Ledger(engine).find([classified(1).scan_id])) == {classified(1).scan_id}


def test_a_first_revision_that_fails_leaves_an_empty_database(empty_engine, revisions, migrations):
    first = next((revisions / "versions").glob("0001_*.py"))
    first.write_text(first.read_text().replace("op.execute(VIEW)", "op.execute(VIEW)\n    1 / 0"))

    with pytest.raises(ZeroDivisionError):
        upgrade(empty_engine, revisions)

    # PostgreSQL and SQLite alike: not even the table of the version.
    assert tables(empty_engine) == set()
    bring_to_head(empty_engine, migrations)


def test_a_rebuilt_table_keeps_the_rows_that_point_to_it(engine, revisions):
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    ledger.record([classified(1)], ledger.begin_run(RUN))
    add_revision(
        revisions,
        1,
        """
        op.execute("DROP VIEW results")
        recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
        with op.batch_alter_table("models", recreate=recreate) as batch:
            batch.add_column(sa.Column("note", sa.Text()))
        """,
    )

    upgrade(engine, revisions)

    with engine.connect() as connection:
        joined = text("SELECT count(*) FROM predictions JOIN models ON models.id = model_id")
        assert connection.scalar(joined) == 1
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_revision_may_not_leave_rows_that_point_nowhere(engine, revisions):
    ledger = Ledger(engine)
    ledger.register_model(MODEL)
    ledger.record([classified(1)], ledger.begin_run(RUN))
    add_revision(revisions, 1, 'op.execute("DELETE FROM models")')

    with pytest.raises(SchemaNotAtHead, match="pointing nowhere"):
        upgrade(engine, revisions)

    assert current(engine) == nth(0)


@pytest.fixture
def first_release(database_url):
    """A database as the first release left it, with a row of each outcome."""
    engine = open_engine(database_url)
    fill(engine, 3)
    yield engine
    engine.dispose()


def test_a_database_of_the_first_release_keeps_every_row(first_release, migrations):
    def everything():
        with first_release.connect() as connection:
            view = connection.execute(text("SELECT * FROM results ORDER BY scan_id")).all()
            rows = connection.scalar(text("SELECT count(*) FROM predictions"))
            return [tuple(row) for row in view], rows

    before = everything()
    assert upgrade(first_release, migrations)[0] == "0002"

    after = everything()
    assert ([row[: len(before[0][0])] for row in after[0]], after[1]) == before  # columns are appended
    assert (len(before[0]), before[1]) == (3, 1)
    check(first_release, migrations)
    ledger = Ledger(first_release)
    ledger.record([classified(7)], ledger.begin_run(RUN))
    assert len(everything()[0]) == 4


def test_an_old_row_gets_the_prevalence_that_is_known(first_release, migrations):
    """Of a probability that was not shifted, and so is its score, that of the calibration; else none."""
    with first_release.begin() as connection:
        connection.exec_driver_sql("""UPDATE models SET calibration = '{"slope": 1.5, "prevalence": 0.25}'""")
        for seq, numbers in ((1, "0.5, 0.5"), (2, "1.0, 1.0"), (3, "0.5, 0.25")):
            probability, score = numbers.split(", ")
            connection.exec_driver_sql(
                "UPDATE scans SET outcome = 'classified', error_code = NULL, decision = 'fractured',"  # noqa: S608
                f" model_id = 1, probability = {probability}, score = {score} WHERE seq = {seq}"
            )

    upgrade(first_release, migrations)

    with first_release.connect() as connection:
        known = connection.execute(text("SELECT prevalence FROM scans ORDER BY seq")).scalars().all()
        shown = connection.execute(text("SELECT prevalence FROM results ORDER BY scan_id")).scalars().all()
    assert known == shown == [0.25, None, None]


def upgrade_in_a_process(url: str, revisions: Path) -> list[str]:
    engine = open_engine(url)
    try:
        return upgrade(engine, revisions)
    finally:
        engine.dispose()


def test_four_at_once_apply_each_revision_once(database_url, revisions):
    """Fault 40: from nothing, and from an older revision."""

    def together(pool):
        futures = [pool.submit(upgrade_in_a_process, database_url, revisions) for _ in range(4)]
        return sorted(revision for future in futures for revision in future.result(scaled(60)))

    # "forkserver" would start the one server of this process, without what decoding children need of it
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert together(pool) == [nth(step) for step in range(1 - NEWEST, 1)]
        for step in range(1, 5):
            add_revision(revisions, step, f'op.create_table("later{step}", sa.Column("x", sa.Integer()))')
        assert together(pool) == [nth(step) for step in range(1, 5)]


def test_an_empty_database_gets_all_revisions_or_none(empty_engine, revisions):
    add_revision(revisions, 1, 'op.create_table("later", sa.Column("x", sa.Integer()))')
    add_revision(revisions, 2, "1 / 0")

    with pytest.raises(ZeroDivisionError):
        bring_to_head(empty_engine, revisions)
    assert tables(empty_engine) == set()

    add_revision(revisions, 2, 'op.drop_table("later")')
    assert upgrade(empty_engine, revisions) == [nth(step) for step in range(1 - NEWEST, 3)]


def test_every_revision_can_be_taken_back(engine, migrations):
    with engine.begin() as connection:
        command.downgrade(configuration(connection, migrations), "base")

    assert tables(engine) == {"alembic_version"}


def test_a_database_that_is_away_is_no_question_of_schema(tmp_path, migrations):
    (tmp_path / "results.db").write_bytes(b"no database" * 100)
    engine = open_engine(f"sqlite:///{tmp_path}/results.db")

    with pytest.raises(DatabaseUnavailable, match="NOTADB"):
        bring_to_head(engine, migrations)
    engine.dispose()


def test_alembic_alone_is_sent_to_the_command(migrations, capsys):
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.set_main_option("path_separator", "os")

    with pytest.raises(SystemExit, match="inboxray db upgrade"):
        command.upgrade(config, "head")
