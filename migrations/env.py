"""What Alembic runs for each revision: on the connection, and inside the transaction, that it is handed.

`inboxray db upgrade` (storage.revision) takes the lock and begins the transaction before it comes here.
"""

from alembic import context

from storage.schema import METADATA

connection = context.config.attributes.get("connection")
if connection is None or context.is_offline_mode():
    raise SystemExit(
        "inboxray's revisions run under a lock that `alembic` does not take; run `inboxray db upgrade`"
    )

context.configure(connection=connection, target_metadata=METADATA, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
