"""Alembic revisions of the results database, each one transaction on SQLite and PostgreSQL."""
