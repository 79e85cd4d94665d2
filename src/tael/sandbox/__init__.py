"""Development only: the bank's database and the outside world's other ends, on one machine.

Nothing here runs in production. The embedded PostgreSQL keeps what it was given, even when
killed; the outside world keeps its own books and speaks the real protocols.
"""

from tael.sandbox.postgres import (
    PostgresServer,
    PostgresUnavailable,
    dies_with_us,
    running_socket_dir,
)

__all__ = ["PostgresServer", "PostgresUnavailable", "dies_with_us", "running_socket_dir"]
