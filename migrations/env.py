"""Run the migrations: one transaction each, with time-outs, as the owner of the schema."""

from typing import Any

from alembic import context
from alembic.ddl.postgresql import PostgresqlImpl
from sqlalchemy import Connection, Executable, TextClause, text

LOCK_TIMEOUT_MS = 5_000
STATEMENT_TIMEOUT_MS = 600_000


class PlainSql(PostgresqlImpl):
    """Sends SQL text by the simple protocol, so that one step may hold many statements."""

    __dialect__ = "postgresql"  # Takes the place of Alembic's own.

    def execute(
        self, sql: Executable | str, execution_options: dict[str, Any] | None = None
    ) -> None:
        """Run SQL text as it stands; anything composed goes the ordinary way."""
        if not isinstance(sql, str | TextClause):
            super().execute(sql, execution_options)
            return
        script = sql if isinstance(sql, str) else sql.text
        bind = self.connection
        assert bind is not None, "offline mode is not supported"
        driver: Any = bind.connection.dbapi_connection
        driver.run_async(lambda connection: connection.execute(script))


def run(connection: Connection) -> None:
    """Bring the schema up, each migration in its own transaction."""
    connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MS}"))
    connection.execute(text(f"SET statement_timeout = {STATEMENT_TIMEOUT_MS}"))
    connection.commit()
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
