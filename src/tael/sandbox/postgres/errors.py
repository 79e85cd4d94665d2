"""The one way in which the embedded PostgreSQL says that it cannot serve."""


class PostgresUnavailable(Exception):
    """The embedded PostgreSQL cannot run here; the message is one line for the person there."""
