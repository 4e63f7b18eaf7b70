"""What is said of a database by its revision; how it gets to the newest: `test_upgrade`."""

import subprocess
import sys

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from storage.errors import SchemaNotAtHead
from storage.revision import State, between, check, current, explain, head, knows, look, state_of


def test_check_never_makes_tables(empty_engine, migrations):
    with pytest.raises(SchemaNotAtHead, match=r"empty.*inboxray db upgrade") as raised:
        check(empty_engine, migrations)

    assert raised.value.exit_code == 78
    with empty_engine.connect() as connection:
        assert inspect(connection).get_table_names() == []


def test_what_a_database_holds_is_its_revision_or_none(engine, migrations):
    assert look(engine) == State(is_empty=False, revision=head(migrations))
    check(engine, migrations)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    assert current(engine) is None
    with pytest.raises(SchemaNotAtHead, match="not inboxray's"):
        check(engine, migrations)


def test_the_newest_is_that_which_alembic_takes(migrations):
    """Break it: take the last name of a file."""
    assert head(migrations) == ScriptDirectory(str(migrations)).get_current_head()


def test_who_only_asks_needs_no_alembic(engine, migrations):
    """Break it: import it to read one row. Every start and most commands pay for it."""
    asked = (
        "import sys; from pathlib import Path; from storage.engine import open_engine; "
        "from storage.revision import check; check(open_engine(sys.argv[1]), Path(sys.argv[2])); "
        "print('alembic' in sys.modules)"
    )
    url = engine.url.render_as_string(hide_password=False)
    end = subprocess.run(
        [sys.executable, "-c", asked, url, str(migrations)], capture_output=True, text=True, check=True
    )
    assert end.stdout == "False\n"


def test_a_database_of_two_lines_of_revisions_is_none_of_ours(engine, migrations):
    with engine.connect() as connection:  # and no commit: the database is of other tests, too
        connection.execute(text("INSERT INTO alembic_version VALUES ('0004')"))
        found = state_of(connection)
    assert found == State(is_empty=False, revision=f"{head(migrations)} and 0004")
    assert "does not know" in explain(found, head(migrations), migrations)


@pytest.mark.parametrize(
    ("written", "revision", "words"),
    [("NULL", None, "no revision"), ("9", "9", "does not know"), ("x'ff'", "b'\\xff'", "does not know")],
)
def test_another_program_s_revision_may_be_of_any_kind(written, revision, words, migrations):
    """Break it: take it for text. What is said of the database is then a TypeError."""
    foreign = create_engine("sqlite://")
    with foreign.connect() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num)"))
        connection.execute(text(f"INSERT INTO alembic_version VALUES ({written})"))  # noqa: S608
        found = state_of(connection)
    assert found == State(is_empty=False, revision=revision)
    assert words in explain(found, head(migrations), migrations)


def test_revisions_between_two_come_oldest_first(migrations):
    every = between(migrations, None, head(migrations))

    assert every == sorted(every)
    assert every[-1] == head(migrations)
    assert between(migrations, every[0], every[2]) == every[1:3]
    assert between(migrations, every[-1], every[-1]) == []
    assert [knows(migrations, one) for one in (every[0], "9999", None)] == [True, False, False]


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (State(is_empty=True, revision=None), "is empty"),
        (State(is_empty=False, revision=None), "not inboxray's; name another"),
        (State(is_empty=False, revision="9999"), "upgraded by a newer version; install that version"),
        (State(is_empty=False, revision="0001"), "at revision 0001, inboxray needs"),
    ],
)
def test_each_difference_has_its_words(found, words, migrations):
    with pytest.raises(SchemaNotAtHead, match=words):
        raise SchemaNotAtHead(explain(found, head(migrations), migrations))
