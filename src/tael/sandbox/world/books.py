"""The other bank's books: its cards, what each transaction did to them, and what it reversed.

SQLite in WAL mode, one file, one connection; every method is one transaction, so a killed world
comes back with what it had answered. Amounts are fen.

The rules that an acquirer may rely on:

- a request is known by its key (STAN, transmission time, acquirer: fields 11, 7 and 32); a
  second one with the same key gets the answer of the first and moves nothing;
- reversing twice reverses once and answers the same;
- reversing what never arrived answers 25, and remembers it: should the original arrive after
  its reversal, it is declined.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tael.codecs.iso8583_messages import MessageKey, OriginalOutcome, Processing
from tael.codecs.response_codes import Outcome, ResponseCode
from tael.kernel.clock import SHANGHAI, machine_now
from tael.sandbox.world.people import ISSUERS, SEED, CardKind, Person, card_number

PURCHASE: Final = Processing.PURCHASE
ORIGINAL_CREDIT: Final = Processing.ORIGINAL_CREDIT
REFUND: Final = Processing.REFUND

CODES: Final = {code.value: code for code in ResponseCode}
"""Response codes by what stands in field 39."""

STORED_VALUE_LOAD: Final = "6540"
"""The merchant category of filling a wallet: issuers refuse it on credit cards."""

_STATUS_CODES: Final = {
    "restricted": ResponseCode.RESTRICTED_CARD,
    "expired": ResponseCode.EXPIRED_CARD,
    "lost": ResponseCode.LOST_CARD,
}

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS cards (
    number TEXT PRIMARY KEY, bank TEXT NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, id_number TEXT NOT NULL, phone TEXT NOT NULL,
    status TEXT NOT NULL, opening INTEGER NOT NULL, balance INTEGER NOT NULL CHECK (balance >= 0)
) STRICT;
CREATE TABLE IF NOT EXISTS transactions (
    acquirer TEXT NOT NULL, stan TEXT NOT NULL, transmitted TEXT NOT NULL,
    processing TEXT NOT NULL, number TEXT NOT NULL, amount INTEGER NOT NULL,
    code TEXT NOT NULL, approval TEXT, asked INTEGER NOT NULL DEFAULT 1,
    reversed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (acquirer, stan, transmitted)
) STRICT;
CREATE TABLE IF NOT EXISTS reversals (
    acquirer TEXT NOT NULL, stan TEXT NOT NULL, transmitted TEXT NOT NULL,
    code TEXT NOT NULL, asked INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (acquirer, stan, transmitted)
) STRICT;
CREATE TABLE IF NOT EXISTS settled (
    day TEXT NOT NULL, at TEXT NOT NULL, acquirer TEXT NOT NULL, stan TEXT NOT NULL,
    transmitted TEXT NOT NULL, reference TEXT NOT NULL, undone INTEGER NOT NULL,
    PRIMARY KEY (acquirer, stan, transmitted, undone)
) STRICT;
CREATE INDEX IF NOT EXISTS settled_day ON settled (day);
CREATE TABLE IF NOT EXISTS plants (
    kind TEXT NOT NULL, day TEXT NOT NULL, reference TEXT, amount INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS calendar (ahead_s INTEGER NOT NULL) STRICT;
"""
"""`settled` tells what was done or undone on which business day of the switch."""


@dataclass(frozen=True, slots=True)
class Request:
    """A financial request as the books see it."""

    key: MessageKey
    processing: Processing
    number: str
    amount: int
    mcc: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The response code, and the approval code when approved."""

    code: ResponseCode
    approval: str | None = None


class Books:
    """The books, open on their file; born with the seeded people when the file is new."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)
        if not self._rows("SELECT 1 FROM cards LIMIT 1"):
            for seed in SEED:
                self.issue(seed.holder, seed.issuer, seed.kind, seed.balance, status=seed.status)

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def issue(
        self, holder: Person, bank: str, kind: CardKind, balance: int, *, status: str = "active"
    ) -> str:
        """Give a person a new card, and return its number."""
        with self._transaction():
            [(count,)] = self._rows(
                "SELECT count(*) FROM cards WHERE bank = ? AND kind = ?", bank, kind
            )
            number = card_number(ISSUERS[bank], kind, count + 1)
            self._connection.execute(
                "INSERT INTO cards VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(number, bank, kind, holder.name, holder.id_number, holder.phone),
                    *(status, balance, balance),
                ),
            )
        return number

    def card(self, number: str) -> dict[str, object] | None:
        """What the bank knows of a card."""
        rows = self._rows("SELECT * FROM cards WHERE number = ?", number)
        return dict(rows[0]) if rows else None

    def cards(self) -> list[dict[str, object]]:
        """Every card, oldest first."""
        return [dict(row) for row in self._rows("SELECT * FROM cards ORDER BY rowid")]

    def perform(self, request: Request, *, forced: ResponseCode | None = None) -> Answer:
        """Do what is asked once, and give the same answer ever after.

        `forced` is a response code that the issuer was told to give; then no money moves. One that
        leaves the outcome open says that the request never reached the issuer: it is not kept.
        """
        key = request.key
        with self._transaction():
            known = self._original(key)
            if known is not None:
                self._count("transactions", key)
                return Answer(CODES[known["code"]], known["approval"])
            if forced is not None and forced.outcome is Outcome.UNCERTAIN:
                return Answer(forced)
            refusal = forced or self._refusal(request)
            approval = None if refusal else f"{secrets.randbelow(10**6):06d}"
            if refusal is None:
                self._move(request.number, _effect(request.processing, request.amount))
            code = refusal or ResponseCode.APPROVED
            self._connection.execute(
                "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 0)",
                (
                    *(key.acquirer, key.stan, key.transmitted_at),
                    *(request.processing, request.number, request.amount),
                    *(code, approval),
                ),
            )
            if refusal is None:
                self._settle(key, request.reference or key.stan.zfill(12), undone=False)
            return Answer(code, approval)

    def outcome(self, key: MessageKey) -> OriginalOutcome | None:
        """What became of a request, if it ever came."""
        known = self._original(key)
        if known is None:
            return None
        return OriginalOutcome(code=CODES[known["code"]], reversed=known["reversed"] == 1)

    def reverse(self, key: MessageKey) -> ResponseCode:
        """Undo what a request did; twice is once, and what never came can no longer come."""
        with self._transaction():
            before = self._reversal(key)
            if before is not None:
                self._count("reversals", key)
                return before
            known = self._original(key)
            if known is not None and known["processing"] in {ORIGINAL_CREDIT, REFUND}:
                # What was paid out may be spent already: credits are asked again, never reversed.
                return ResponseCode.INVALID_TRANSACTION
            code = ResponseCode.NOT_FOUND if known is None else ResponseCode.APPROVED
            if known is not None and known["code"] == ResponseCode.APPROVED:
                self._move(known["number"], known["amount"])
                self._connection.execute(
                    """
                    UPDATE transactions SET reversed = 1
                    WHERE acquirer = ? AND stan = ? AND transmitted = ?
                    """,
                    (key.acquirer, key.stan, key.transmitted_at),
                )
                was = self._rows(
                    "SELECT reference FROM settled"
                    " WHERE acquirer = ? AND stan = ? AND transmitted = ?",
                    *(key.acquirer, key.stan, key.transmitted_at),
                )
                reference = was[0]["reference"] if was else key.stan.zfill(12)
                self._settle(key, reference, undone=True)
            self._connection.execute(
                "INSERT INTO reversals VALUES (?, ?, ?, ?, 1)",
                (key.acquirer, key.stan, key.transmitted_at, code),
            )
            return code

    def now(self) -> datetime:
        """The switch's time, in UTC: the machine's, plus what its calendar is ahead."""
        rows = self._rows("SELECT ahead_s FROM calendar")
        return machine_now() + timedelta(seconds=rows[0]["ahead_s"] if rows else 0)

    def set_ahead(self, seconds: int) -> None:
        """Move the calendar with the bank's business clock; it never goes back."""
        with self._transaction():
            rows = self._rows("SELECT ahead_s FROM calendar")
            if not rows or rows[0]["ahead_s"] < seconds:
                self._connection.execute("DELETE FROM calendar")
                self._connection.execute("INSERT INTO calendar VALUES (?)", (seconds,))

    def settled_on(self, day: str) -> list[dict[str, Any]]:
        """What moved money on a business day, in the order in which it did."""
        rows = self._rows(
            """
            SELECT s.at, s.stan, s.reference, s.undone, t.processing, t.number, t.amount
            FROM settled AS s
            JOIN transactions AS t USING (acquirer, stan, transmitted)
            WHERE s.day = ?
            ORDER BY s.rowid
            """,
            day,
        )
        return [dict(row) for row in rows]

    def plant(self, kind: str, day: str, reference: str | None, amount: int | None) -> None:
        """Keep an order for a mistake in a day's file."""
        self._connection.execute(
            "INSERT INTO plants VALUES (?, ?, ?, ?)", (kind, day, reference, amount)
        )

    def plants(self, day: str) -> list[sqlite3.Row]:
        """The mistakes that were ordered into a day's file."""
        return self._rows("SELECT * FROM plants WHERE day = ? ORDER BY rowid", day)

    def _settle(self, key: MessageKey, reference: str, *, undone: bool) -> None:
        now = self.now().astimezone(SHANGHAI)
        self._connection.execute(
            "INSERT INTO settled VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(now.date().isoformat(), now.isoformat(timespec="seconds")),
                *(key.acquirer, key.stan, key.transmitted_at, reference, int(undone)),
            ),
        )

    def totals(self) -> dict[str, object]:
        """What this bank owes its acquirers, by its own records, and proof that it adds up.

        `owed` is what approved and unreversed transactions took from cards less what they gave
        to cards. `moved` is how far the balances of all cards fell since they were issued: the
        two are equal or these books are broken.
        """
        [sums] = self._rows(
            """
            SELECT
                coalesce(sum(iif(processing = ?, amount, 0)), 0) AS taken,
                coalesce(sum(iif(processing = ?, 0, amount)), 0) AS given,
                coalesce(sum(iif(processing = ?, amount, 0)), 0) AS refunded,
                count(*) AS approved
            FROM transactions
            WHERE code = '00' AND reversed = 0
            """,
            PURCHASE,
            PURCHASE,
            REFUND,
        )
        [balances] = self._rows("SELECT coalesce(sum(opening - balance), 0) AS moved FROM cards")
        [counts] = self._rows(
            """
            SELECT
                (SELECT count(*) FROM transactions) AS transactions,
                (SELECT count(*) FROM transactions WHERE reversed = 1) AS undone,
                (SELECT coalesce(sum(asked - 1), 0) FROM transactions) AS repeats,
                (SELECT count(*) FROM reversals) AS reversals,
                (SELECT coalesce(sum(asked - 1), 0) FROM reversals) AS reversal_repeats
            """
        )
        return {
            "owed": sums["taken"] - sums["given"],
            **dict(sums),
            "moved": balances["moved"],
            **dict(counts),
        }

    def _refusal(self, request: Request) -> ResponseCode | None:
        """The response code that says why not, or None when it may be done."""
        card = self.card(request.number)
        if self._reversal(request.key) is not None:
            return ResponseCode.INVALID_TRANSACTION
        if card is None:
            return ResponseCode.INVALID_CARD
        if card["status"] != "active":
            return _STATUS_CODES[str(card["status"])]
        fills = request.mcc == STORED_VALUE_LOAD or request.processing is ORIGINAL_CREDIT
        if card["kind"] == CardKind.CREDIT and fills:
            return ResponseCode.NOT_PERMITTED
        balance = card["balance"]
        assert isinstance(balance, int)
        if request.processing is PURCHASE and balance < request.amount:
            return ResponseCode.INSUFFICIENT_FUNDS
        return None

    def _reversal(self, key: MessageKey) -> ResponseCode | None:
        """How a reversal of this request was answered, if one came."""
        rows = self._rows(
            "SELECT code FROM reversals WHERE acquirer = ? AND stan = ? AND transmitted = ?",
            *(key.acquirer, key.stan, key.transmitted_at),
        )
        return CODES[rows[0]["code"]] if rows else None

    def _original(self, key: MessageKey) -> sqlite3.Row | None:
        rows = self._rows(
            "SELECT * FROM transactions WHERE acquirer = ? AND stan = ? AND transmitted = ?",
            *(key.acquirer, key.stan, key.transmitted_at),
        )
        return rows[0] if rows else None

    def _move(self, number: str, amount: int) -> None:
        self._connection.execute(
            "UPDATE cards SET balance = balance + ? WHERE number = ?", (amount, number)
        )

    def _count(self, table: str, key: MessageKey) -> None:
        statement = {
            "transactions": "UPDATE transactions SET asked = asked + 1",
            "reversals": "UPDATE reversals SET asked = asked + 1",
        }[table]
        self._connection.execute(
            statement + " WHERE acquirer = ? AND stan = ? AND transmitted = ?",
            (key.acquirer, key.stan, key.transmitted_at),
        )

    def _rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def _effect(processing: Processing, amount: int) -> int:
    """What a transaction does to its card's balance."""
    return -amount if processing is PURCHASE else amount
