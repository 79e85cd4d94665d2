"""Development only: the bank's database and the outside world's other ends, on one machine.

Nothing here runs in production. The embedded PostgreSQL keeps what it was given, even when
killed; the outside world keeps its own books and speaks the real protocols.
"""

from tael.sandbox.calendar import move_world
from tael.sandbox.postgres import (
    BackupRefused,
    PostgresServer,
    PostgresUnavailable,
    archive_now,
    back_up,
    dies_with_us,
    restore,
    running_socket_dir,
)

__all__ = [
    "BackupRefused",
    "PostgresServer",
    "PostgresUnavailable",
    "archive_now",
    "back_up",
    "dies_with_us",
    "move_world",
    "restore",
    "running_socket_dir",
]
