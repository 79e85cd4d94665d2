"""Close a wallet for good: what stands against it, what is kept, why and until when.

Kept for the statutory time: movements, the proven person, consents, and this receipt. Ended
at once: the way in (number, PIN, sessions), and whatever modules above keep for the holder,
which follow `customers.wallet_closed.v1`. The number and the person may open a wallet anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol
from uuid import UUID

from tael import identity, ledger
from tael.customers import events
from tael.customers.errors import ClosingObstructed, WalletClosed, WalletFrozen
from tael.customers.limit_table import limits_in_force
from tael.customers.queries import Wallet, lock_wallet, profile_hashes, wallet
from tael.customers.service import own_terms
from tael.customers.states import WALLET_CHANGES, WalletStatus
from tael.kernel import outbox
from tael.kernel.clock import business_day
from tael.kernel.database import ReadSession, WriteSession
from tael.kernel.money import CNY, Money


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stands against closing; the title is what a person is told."""

    code: str
    title: str


class ClosingObstacles(Protocol):
    """A module above that may hold something of the customer's which must end before."""

    async def __call__(self, session: ReadSession, customer: UUID, /) -> Sequence[Obstacle]:
        """What stands against closing now; the wallet's row is locked when it counts."""


class ClosingAct(Protocol):
    """A module above that ends its own business with a customer when the wallet closes."""

    async def __call__(self, session: WriteSession, wallet: Wallet, /, *, now: datetime) -> None:
        """Do it, in the closing's transaction; the wallet's row is locked and it is empty."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of record that stays after closing."""

    kind: str
    what: str
    why: str
    until: date


@dataclass(frozen=True, slots=True)
class ClosingPreview:
    """What would stand against closing now, and what would be kept."""

    obstacles: tuple[Obstacle, ...]
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class ClosingReceipt:
    """What a closed wallet's holder takes away."""

    closed_at: datetime
    kept: tuple[Kept, ...]


FORGET_BATCH: Final = 500
"""How many wallets are forgotten in one transaction."""

_FORGET: Final = (
    "DELETE FROM customers_profiles WHERE customer_id = ANY($1::uuid[])",
    "DELETE FROM customers_proofings WHERE customer_id = ANY($1::uuid[])",
    """
    UPDATE customers_wallets
    SET name_masked = NULL, phone_masked = ''
    WHERE customer_id = ANY($1::uuid[])
    """,
)

_REGISTERED: Final[list[ClosingObstacles]] = []
_ACTS: Final[list[ClosingAct]] = []

_FROZEN: Final = Obstacle("customers.wallet_frozen", "The wallet is frozen: unfreeze it first.")
_BALANCE_LEFT: Final = Obstacle(
    "customers.balance_left", "There is money in the wallet: spend, send or withdraw it first."
)
_MONEY_HELD: Final = Obstacle(
    "customers.money_held", "Some money is set aside for something that is not final yet."
)
_MONEY_ARRIVING: Final = Obstacle(
    "customers.money_arriving", "Money is on its way into the wallet: wait until it is final."
)

_LAW: Final = "The rules against money laundering ask banks to keep it, locked away."
_MOVEMENTS: Final = ("movements", "Payments, transfers and balances of this wallet", _LAW)
_IDENTITY: Final = ("identity", "The proven name and ID number, sealed", _LAW)
_CONSENTS: Final = (
    "consents",
    "The terms that were accepted, and this receipt",
    "They show what was agreed, should either side ask.",
)


def register_obstacle(answers: ClosingObstacles) -> None:
    """Ask this module too before a wallet is closed: called once by the composition root."""
    if answers not in _REGISTERED:
        _REGISTERED.append(answers)


def register_closing_act(act: ClosingAct) -> None:
    """Do this too when a wallet is closed: called once by the composition root."""
    if act not in _ACTS:
        _ACTS.append(act)


async def closing_preview(session: ReadSession, customer: UUID, *, now: datetime) -> ClosingPreview:
    """What stands against closing now, and what would be kept until when."""
    held = await wallet(session, customer)
    if held.status is WalletStatus.CLOSED:
        raise WalletClosed
    return ClosingPreview(
        tuple(await _obstacles(session, held, now)), await _kept(session, customer, now)
    )


async def close(
    session: WriteSession,
    bearer: identity.Bearer,
    authorisation: UUID,
    *,
    now: datetime,
    machine_now: datetime,
) -> ClosingReceipt:
    """Close the wallet, its account and the way in; sessions end with this transaction.

    Refuses `identity.authorisation_invalid`, `customers.wallet_closed`,
    `customers.wallet_frozen`, and `customers.closing_obstructed` with all that stands
    against it.
    """
    customer = bearer.customer_id
    await identity.use_authorisation(
        session,
        authorisation,
        own_terms("close_wallet", customer),
        bearer,
        machine_now=machine_now,
    )
    # Whoever brings money in or takes it out locks this row too: what we see now, stays.
    held = await lock_wallet(session, customer)
    if held.status is WalletStatus.CLOSED:
        raise WalletClosed
    if WalletStatus.CLOSED not in WALLET_CHANGES[held.status]:
        raise WalletFrozen
    obstacles = await _obstacles(session, held, now)
    if obstacles:
        raise ClosingObstructed(
            obstacles=[{"code": each.code, "title": each.title} for each in obstacles]
        )
    kept = await _kept(session, customer, now)
    for act in _ACTS:
        await act(session, held, now=now)
    await ledger.close_account(session, held.account_number, now=now)
    await _write_closing(session, customer, kept, now)
    await identity.close_principal(session, customer, now=machine_now)
    await outbox.emit(session, events.WalletClosed(customer=customer))
    return ClosingReceipt(now, kept)


async def forget_due(session: WriteSession, *, now: datetime) -> int:
    """Delete the proven people of wallets whose time of keeping is over; returns how many wallets.

    The movements stay with the ledger, whose entries nobody changes: from then on they tell
    nothing of who it was but the masked labels that they were booked with.
    """
    rows = await session.fetch(
        """
        SELECT customer_id
        FROM customers_closings
        WHERE keep_until < $1 AND forgotten_at IS NULL
        ORDER BY customer_id
        LIMIT $2
        FOR NO KEY UPDATE SKIP LOCKED
        """,
        business_day(now),
        FORGET_BATCH,
    )
    due = [row["customer_id"] for row in rows]
    if not due:
        return 0
    for statement in _FORGET:
        await session.execute(statement, due)
    await session.execute(
        "UPDATE customers_closings SET forgotten_at = $2 WHERE customer_id = ANY($1::uuid[])",
        due,
        now,
    )
    return len(due)


async def _obstacles(session: ReadSession, held: Wallet, now: datetime) -> list[Obstacle]:
    balance = await ledger.balance(session, held.account_number, now=now)
    arriving = await session.fetchval(
        "SELECT credit_reserved_minor FROM customers_wallets WHERE customer_id = $1",
        held.customer_id,
    )
    nothing = Money(0, CNY)
    own = [
        (held.status is WalletStatus.FROZEN, _FROZEN),
        (balance.available != nothing, _BALANCE_LEFT),
        (balance.held != nothing, _MONEY_HELD),
        (arriving > 0, _MONEY_ARRIVING),
    ]
    found = [obstacle for stands, obstacle in own if stands]
    for answers in _REGISTERED:
        found.extend(await answers(session, held.customer_id))
    return found


async def _kept(session: ReadSession, customer: UUID, now: datetime) -> tuple[Kept, ...]:
    today = business_day(now)
    until = years_later(today, limits_in_force().on(today).retention_years)
    proven = await profile_hashes(session, customer) is not None
    kinds = (_MOVEMENTS, _IDENTITY, _CONSENTS) if proven else (_MOVEMENTS, _CONSENTS)
    return tuple(Kept(*kind, until) for kind in kinds)


async def _write_closing(
    session: WriteSession, customer: UUID, kept: Sequence[Kept], now: datetime
) -> None:
    await session.execute(
        """
        UPDATE customers_wallets
        SET status = $2, closed_at = $3
        WHERE customer_id = $1
        """,
        customer,
        WalletStatus.CLOSED.value,
        now,
    )
    await session.execute(
        "UPDATE customers_profiles SET released_at = $2 WHERE customer_id = $1",
        customer,
        now,
    )
    await session.execute(
        """
        INSERT INTO customers_closings (customer_id, closed_at, kept, keep_until)
        VALUES ($1, $2, $3, $4)
        """,
        customer,
        now,
        [
            {
                "kind": each.kind,
                "what": each.what,
                "why": each.why,
                "until": each.until.isoformat(),
            }
            for each in kept
        ],
        max(each.until for each in kept),
    )


def years_later(day: date, years: int) -> date:
    """The same day some years on; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
