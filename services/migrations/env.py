"""What alembic runs its steps in: the connection that `services.schema` holds, or one of its own by hand."""

from alembic import context
from sqlalchemy import Connection

from services.database import connect, tables
from services.settings import read_settings


def run(connection: Connection) -> None:
    """Run the steps that were asked for, in the transaction of `connection`."""
    # As batches: SQLite changes a column only by making its table anew.
    context.configure(connection=connection, target_metadata=tables, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:  # `alembic revision --autogenerate`, to write a new step
    with connect(read_settings().database).begin() as own:
        run(own)
