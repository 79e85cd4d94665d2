"""Every short message that anybody in the sandbox sent, as the phones would have received it."""

import sqlite3
import time
from pathlib import Path
from typing import Final
from uuid import uuid4

MESSAGES_MAX: Final = 200
"""As many as one look into the inbox shows, newest first."""

_CHINESE_DIGITS: Final = 11

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY, receiver TEXT NOT NULL, body TEXT NOT NULL, sent_at REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS ix_messages_receiver ON messages (receiver, sent_at);
"""


def national(number: str) -> str:
    """A phone number as the sandbox compares it: China's without their prefix, digits only."""
    digits = "".join(character for character in number if character.isdigit())
    chinese = len(digits) == _CHINESE_DIGITS + len("86") and digits.startswith("86")
    return digits.removeprefix("86") if chinese else digits


class Inbox:
    """One inbox for all phones, in a SQLite file of its own."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def put(self, to: str, text: str, *, message_id: str | None = None) -> bool:
        """Deliver a message; one with a known id was delivered before and is not again."""
        cursor = self._connection.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (message_id or uuid4().hex, national(to), text, time.time()),
        )
        return cursor.rowcount == 1

    def messages(self, to: str | None = None) -> list[dict[str, object]]:
        """What a phone (or all of them) received, newest first: to, text, sent_at (Unix time)."""
        number = national(to) if to else None
        rows = self._connection.execute(
            """
            SELECT receiver, body, sent_at FROM messages
            WHERE ? IS NULL OR receiver = ?
            ORDER BY sent_at DESC, rowid DESC LIMIT ?
            """,
            (number, number, MESSAGES_MAX),
        )
        return [{"to": row[0], "text": row[1], "sent_at": row[2]} for row in rows]
