"""Movements that are dated to other days, or posted by clocks that differ."""

from datetime import date, datetime

from factories.ledger import a_transfer, fen
from tael import ledger
from tael.kernel.database import Database
from tael.kernel.money import CNY
from tael.ledger import AccountNumber, Movement


def dated(
    debit: AccountNumber, credit: AccountNumber, minor: int, *, at: datetime, on: date
) -> Movement:
    """A transfer that counts from another day than the one on which it is posted."""
    return a_transfer(debit, credit, minor, at=at)._replace(effective_on=on)


async def balance_as_of(
    database: Database,
    number: AccountNumber,
    as_of: ledger.Moment,
    known_at: ledger.Moment | None = None,
) -> int:
    """What an account had, in fen."""
    async with database.read() as session:
        found = await ledger.balance_as_of(session, number, as_of, known_at, currency=CNY)
    assert found.currency == fen(0).currency
    return found.minor
