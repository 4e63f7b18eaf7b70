import traceback

import pytest

from storage.engine import open_engine
from storage.errors import BadDatabaseUrl
from storage.urls import is_sqlite, mask_url, sqlite_path, sqlite_url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "results.db",
        "mysql://localhost/x",
        "postgresql+psycopg2://localhost/x",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory",
        "postgresql://host:port/x",
    ],
)
def test_a_url_that_cannot_work_is_refused(url):
    with pytest.raises(BadDatabaseUrl, match=r"sqlite:////path/results\.db") as raised:
        open_engine(url)

    assert raised.value.exit_code == 78


def test_a_bad_url_with_a_password_is_not_repeated():
    secret = "hunter" + "2"
    with pytest.raises(BadDatabaseUrl) as raised:
        open_engine(f"postgresql://user:{secret}@host:port/x")

    assert secret not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u:secret@h/d", "postgres://u:***@h/d"),
        ("postgresql://h/d?password=secret&sslmode=require", "postgresql://h/d?password=***&sslmode=require"),
        ("postgresql://h/d?sslpassword=secret", "postgresql://h/d?sslpassword=***"),
        ("sqlite:////srv/results.db", "sqlite:////srv/results.db"),
    ],
)
def test_a_masked_url_shows_no_password(url, expected):
    assert expected == mask_url(url)


@pytest.mark.parametrize("name", ["results.db", "a b#c?d%20e.db", "größe.db"])
def test_any_path_makes_a_url_that_leads_back_to_it(tmp_path, name, opened):
    path = tmp_path / name

    url = sqlite_url(path)
    opened(url).connect().close()

    assert is_sqlite(url)
    assert path == sqlite_path(url)
    assert [name] == [entry.name for entry in tmp_path.iterdir() if entry.suffix == ".db"]


def test_postgres_urls_are_not_sqlite():
    assert not is_sqlite("postgres://host/database")
