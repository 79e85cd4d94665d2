"""Reads of wallets, their limits and the proven people behind them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from tael.customers.caps import Caps, LimitBlock
from tael.customers.errors import WalletNotFound
from tael.customers.limit_table import limits_in_force
from tael.customers.people import Person
from tael.customers.rules import Figure
from tael.customers.states import RAISES, Raise, WalletClass, WalletStatus
from tael.kernel.clock import business_day
from tael.kernel.database import ReadSession, Row, WriteSession
from tael.kernel.sealed import Sealer
from tael.ledger import AccountNumber

WALLETS_MAX: Final = 1_000
"""The most wallets that one read by ids gives."""

_WALLET: Final = """
SELECT customer_id, account_number, wallet_class, status, name_masked, phone_masked,
       language, terms_version, opened_at, frozen_at, closed_at
FROM customers_wallets
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """A wallet as its holder and the rest of the bank see it. The money is in the ledger."""

    customer_id: UUID
    account_number: AccountNumber
    wallet_class: WalletClass
    status: WalletStatus
    name_masked: str | None
    phone_masked: str
    language: str
    terms_version: str
    opened_at: datetime
    frozen_at: datetime | None
    closed_at: datetime | None

    @property
    def label(self) -> str:
        """How other people see the holder: masked name, else masked phone."""
        return self.name_masked or self.phone_masked

    @property
    def receives(self) -> bool:
        """Whether money may arrive: in every wallet that is not closed, a frozen one too."""
        return self.status is not WalletStatus.CLOSED

    def caps(self, now: datetime) -> Caps:
        """What its class may do on the business day of `now`."""
        return limits_in_force().on(business_day(now)).classes[self.wallet_class]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitFigure:
    """One cap with its use, and when the use begins anew."""

    figure: Figure
    resets_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitOverview:
    """Everything that the screen of limits tells: own figures, all classes, the way up."""

    wallet_class: WalletClass
    day: date
    figures: tuple[LimitFigure, ...]
    block: LimitBlock

    @property
    def next_raise(self) -> tuple[WalletClass, Raise] | None:
        """The next better class and the way there; None for the best."""
        return RAISES.get(self.wallet_class)


@dataclass(frozen=True, slots=True)
class ProfileHashes:
    """Whose wallet it is, for comparing only."""

    name_hash: bytes
    id_hash: bytes

    @classmethod
    def of(cls, person: Person, sealer: Sealer) -> "ProfileHashes":
        return cls(
            sealer.keyed_hash(person.comparable_name, purpose="customers.name"),
            sealer.keyed_hash(person.id_number, purpose="customers.id_number"),
        )


async def wallet(session: ReadSession, customer: UUID) -> Wallet:
    """A customer's wallet; refuses `customers.wallet_not_found`."""
    row = await session.fetchrow(f"{_WALLET} WHERE customer_id = $1", customer)
    if row is None:
        raise WalletNotFound
    return _wallet(row)


async def lock_wallet(session: WriteSession, customer: UUID) -> Wallet:
    """The same, locked as spending locks it; refuses `customers.wallet_not_found`."""
    row = await session.fetchrow(
        f"{_WALLET} WHERE customer_id = $1 FOR NO KEY UPDATE",
        customer,
    )
    if row is None:
        raise WalletNotFound
    return _wallet(row)


async def by_ids(session: ReadSession, customers: Collection[UUID]) -> dict[UUID, Wallet]:
    """The wallets of a set of at most `WALLETS_MAX` customers; unknown ones are left out."""
    assert len(customers) <= WALLETS_MAX
    rows = await session.fetch(
        f"{_WALLET} WHERE customer_id = ANY($1::uuid[])",
        list(customers),
    )
    return {row["customer_id"]: _wallet(row) for row in rows}


async def open_among(session: ReadSession, customers: Collection[UUID]) -> frozenset[UUID]:
    """Which of these customers have a wallet that money can arrive in."""
    rows = await session.fetch(
        """
        SELECT customer_id
        FROM customers_wallets
        WHERE customer_id = ANY($1::uuid[])
          AND status <> 'closed'
        """,
        list(customers),
    )
    return frozenset(row["customer_id"] for row in rows)


async def profile_hashes(session: ReadSession, customer: UUID) -> ProfileHashes | None:
    """What names and IDs are compared with; None for a wallet without a proven name."""
    row = await session.fetchrow(
        """
        SELECT name_hash, id_hash
        FROM customers_profiles
        WHERE customer_id = $1 AND released_at IS NULL
        """,
        customer,
    )
    return None if row is None else ProfileHashes(row["name_hash"], row["id_hash"])


async def pin_facts(
    session: ReadSession, customer: UUID, *, sealer: Sealer
) -> tuple[str | None, date | None]:
    """The ID number and birth date that a PIN must not be made of; None where unknown."""
    sealed = await session.fetchval(
        """
        SELECT id_number_sealed
        FROM customers_profiles
        WHERE customer_id = $1 AND released_at IS NULL
        """,
        customer,
    )
    if sealed is None:
        return None, None
    number = sealer.unseal(sealed, context=id_context(customer)).decode()
    return number, Person("", number).birth_date


def name_context(customer: UUID) -> str:
    """What a sealed name is bound to."""
    return f"customers_profiles.name:{customer}"


def id_context(customer: UUID) -> str:
    """What a sealed ID number is bound to."""
    return f"customers_profiles.id_number:{customer}"


def _wallet(row: Row) -> Wallet:
    fields = dict(row)
    return Wallet(
        **fields
        | {
            "wallet_class": WalletClass(fields["wallet_class"]),
            "status": WalletStatus(fields["status"]),
        }
    )
