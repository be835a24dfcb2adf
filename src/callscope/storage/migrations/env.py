"""Alembic's entry: runs migrations on the connection it is handed; there is no offline mode and no ini file."""

from alembic import context

from callscope.storage.migrations.comparison import is_ours
from callscope.storage.tables import load_metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=load_metadata(), include_name=is_ours, compare_server_default=True
)
with context.begin_transaction():
    context.run_migrations()
