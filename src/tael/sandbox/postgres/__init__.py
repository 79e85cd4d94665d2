"""The embedded PostgreSQL of the sandbox: a bin directory, a data directory, a supervisor.

Invariants: never two servers on one data directory; fsync is never off; nothing listens on a
network; whatever dies (the server, its backends, we ourselves), committed rows survive.
"""

from tael.sandbox.postgres.backup import BackupRefused, archive_now, back_up, bases, restore
from tael.sandbox.postgres.cluster import SETTINGS
from tael.sandbox.postgres.death import dies_with_us
from tael.sandbox.postgres.errors import PostgresUnavailable
from tael.sandbox.postgres.server import PostgresServer, embedded_bin_dir, running_socket_dir

__all__ = [
    "SETTINGS",
    "BackupRefused",
    "PostgresServer",
    "PostgresUnavailable",
    "archive_now",
    "back_up",
    "bases",
    "dies_with_us",
    "embedded_bin_dir",
    "restore",
    "running_socket_dir",
]
