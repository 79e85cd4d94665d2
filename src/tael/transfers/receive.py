"""Receive codes: a customer shows one to be paid; it lives for minutes and names no account."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tael.codecs.emvco import Draft, Initiation, amount_text, make
from tael.codecs.tael_codes import COUNTRY, CURRENCY_NUMBER, Means, OurToken, our_account
from tael.kernel.clock import machine_now
from tael.kernel.database import Database, ReadSession, Row, WriteSession
from tael.kernel.money import CNY, Money
from tael.transfers.rules import (
    RECEIVE_CODE_LIFE,
    ReceiveCode,
    refuses_receive_code,
    serves_again,
)

# A personal code must have a name, a city and a category by the standard, and shall say
# nothing about the person by the rule: these are the same for everybody.
_NAME: Final = "TAEL WALLET USER"
_CITY: Final = "CHINA"
_MONEY_TRANSFER: Final = "4829"
_ANY_AMOUNT: Final = 0
_PURGED_MAX: Final = 1_000
_KEPT: Final = timedelta(days=1)
"""So long an expired code is still told from one that never was."""

_COLUMNS: Final = """
SELECT token, customer_id, amount_minor, memo, expires_at, used_at
FROM transfers_receive_codes
"""


@dataclass(frozen=True, slots=True)
class WantedCode:
    """Who wants to receive, how much (or whatever the payer chooses), and what for."""

    customer_id: UUID
    amount: Money | None
    memo: str


async def make_receive_code(
    session: WriteSession, wanted: WantedCode, *, token: str, now: datetime
) -> ReceiveCode:
    """A code to be paid by, with or without an amount; `token` is used if a new one is due.

    A customer has one live code an amount: while it has minutes left the same one comes
    again, so that a payer who is scanning is not cut off; then a new one replaces it.
    """
    amount_minor = _ANY_AMOUNT if wanted.amount is None else wanted.amount.minor
    row = await session.fetchrow(
        f"{_COLUMNS} WHERE customer_id = $1 AND amount_minor = $2 FOR NO KEY UPDATE",
        wanted.customer_id,
        amount_minor,
    )
    held = _code(row) if row else None
    if held is not None and serves_again(held, wanted.memo, now):
        return held
    row = await session.fetchrow(
        """
        INSERT INTO transfers_receive_codes
            (customer_id, amount_minor, token, memo, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (customer_id, amount_minor) DO UPDATE
        SET token = $3, memo = $4, created_at = $5, expires_at = $6, used_at = NULL
        RETURNING token, customer_id, amount_minor, memo, expires_at, used_at
        """,
        wanted.customer_id,
        amount_minor,
        token,
        wanted.memo,
        now,
        now + RECEIVE_CODE_LIFE,
    )
    assert row is not None
    return _code(row)


def receive_payload(code: ReceiveCode) -> str:
    """What the QR code says: a token, perhaps an amount, and nothing about the person."""
    return make(
        Draft(
            accounts=(our_account(OurToken(Means.PERSON, code.token)),),
            mcc=_MONEY_TRANSFER,
            currency=CURRENCY_NUMBER,
            country=COUNTRY,
            merchant_name=_NAME,
            merchant_city=_CITY,
            initiation=Initiation.DYNAMIC,
            amount=None if code.amount is None else amount_text(code.amount.minor),
        )
    )


async def read_receive_code(session: ReadSession, token: str, *, now: datetime) -> ReceiveCode:
    """The live code with this token.

    Refuses `transfers.receive_code_unknown`, `_used` and `_expired`.
    """
    row = await session.fetchrow(f"{_COLUMNS} WHERE token = $1", token)
    code = _code(row) if row else None
    payee = code.customer_id if code else UUID(int=0)
    refusal = refuses_receive_code(code, payee, None, now)
    if refusal is not None or code is None:
        assert refusal is not None
        raise refusal
    return code


async def lock_receive_codes(
    session: WriteSession, tokens: Collection[str]
) -> dict[str, ReceiveCode]:
    """Lock the codes of a set in one statement; tokens that name none are absent."""
    if not tokens:
        return {}
    rows = await session.fetch(
        f"""
        {_COLUMNS}
        WHERE token = ANY($1::text[])
        ORDER BY customer_id, amount_minor
        FOR NO KEY UPDATE
        """,
        list(tokens),
    )
    return {row["token"]: _code(row) for row in rows}


async def purge_receive_codes(database: Database) -> None:
    """Forget codes that died long ago; what they were used for is in the transfers."""
    async with database.write() as session:
        await session.execute(
            """
            DELETE FROM transfers_receive_codes
            WHERE (customer_id, amount_minor) IN (
                SELECT customer_id, amount_minor
                FROM transfers_receive_codes
                WHERE expires_at < $1
                ORDER BY expires_at
                LIMIT $2
                FOR UPDATE SKIP LOCKED
            )
            """,
            machine_now() - _KEPT,
            _PURGED_MAX,
        )


def _code(row: Row) -> ReceiveCode:
    minor = row["amount_minor"]
    return ReceiveCode(
        token=row["token"],
        customer_id=row["customer_id"],
        amount=None if minor == _ANY_AMOUNT else Money(minor, CNY),
        memo=row["memo"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )
