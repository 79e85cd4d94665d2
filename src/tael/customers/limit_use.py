"""Limits for a set of commands: lock once, decide and count in memory, write once.

The wallet's row is the lock. Whoever spends or receives holds it until the money is written,
so however many requests race on one cap, each is decided on what the one before has used.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from tael.customers.caps import LimitBlock, Period
from tael.customers.errors import WalletNotFound
from tael.customers.limit_table import limits_in_force
from tael.customers.rules import Use, refuses_credit, refuses_spend
from tael.customers.states import SpendAct, WalletClass, WalletStatus
from tael.kernel.clock import business_day, next_business_day_starts, next_business_year_starts
from tael.kernel.database import ReadSession, Row, WriteSession
from tael.kernel.money import Money
from tael.kernel.refusals import Refusal
from tael.ledger import AccountNumber

_COLUMNS = """
    customer_id, account_number, wallet_class, status, name_masked, phone_masked,
    used_day, day_used_minor, static_day_used_minor, static_cards_day_used_minor,
    dynamic_day_used_minor, dynamic_cards_day_used_minor,
    used_year, year_used_minor, credit_reserved_minor
"""


class LimitedWallet:
    """A wallet as a batch sees it: whose account it is, how others see it, what it has used."""

    __slots__ = ("account_number", "changed", "customer_id", "name_masked", "phone_masked", "use")

    def __init__(
        self,
        customer_id: UUID,
        account_number: AccountNumber,
        name_masked: str | None,
        phone_masked: str,
        use: Use,
    ) -> None:
        self.customer_id = customer_id
        self.account_number = account_number
        self.name_masked = name_masked
        self.phone_masked = phone_masked
        self.use = use
        self.changed = False

    @property
    def wallet_class(self) -> WalletClass:
        return self.use.wallet_class

    @property
    def status(self) -> WalletStatus:
        return self.use.status

    @property
    def label(self) -> str:
        """How the other side of a movement sees the holder: masked name, else masked phone."""
        return self.name_masked or self.phone_masked


class LimitUse:
    """The limit use of a set of wallets, ours alone until the transaction ends."""

    __slots__ = ("_block", "_period", "_wallets")

    def __init__(self, wallets: Iterable[LimitedWallet], block: LimitBlock, period: Period) -> None:
        self._block = block
        self._period = period
        self._wallets = {wallet.customer_id: wallet for wallet in wallets}
        for wallet in self._wallets.values():
            wallet.use.roll_to(period.today)

    def wallet(self, customer: UUID) -> LimitedWallet:
        """One wallet of the set; refuses `customers.wallet_not_found`."""
        wallet = self._wallets.get(customer)
        if wallet is None:
            raise WalletNotFound
        return wallet

    def refuses(self, customer: UUID, act: SpendAct, amount: Money) -> Refusal | None:
        """Why this customer may not spend this amount now, or None."""
        wallet = self._wallets.get(customer)
        if wallet is None:
            return WalletNotFound()
        return refuses_spend(wallet.use, self._block, act, amount.minor, self._period)

    def add(self, customer: UUID, act: SpendAct, amount: Money) -> None:
        """Count what was not refused."""
        assert amount.minor > 0
        wallet = self._wallets[customer]
        wallet.use.add(act, amount.minor)
        wallet.changed = True

    def give_back(self, customer: UUID, act: SpendAct, amount: Money, at: datetime) -> None:
        """Undo an `add` made at business time `at`, in each period that still runs.

        For what was counted and then did not happen, as a declined withdrawal. A refund is
        not that: the payment happened, and stays counted.
        """
        wallet = self._wallets[customer]
        wallet.use.give_back(act, amount.minor, business_day(at))
        wallet.changed = True

    def refuses_credit(
        self, customer: UUID, amount: Money, balance: Money, *, for_payer: bool = False
    ) -> Refusal | None:
        """Why this customer, with this balance (holds included), may not receive this amount.

        With `for_payer` the answer goes to somebody else, and tells nothing of the payee.
        """
        wallet = self._wallets.get(customer)
        if wallet is None:
            return WalletNotFound()
        return refuses_credit(
            wallet.use, self._block, amount.minor, balance.minor, for_payer=for_payer
        )

    def reserve_credit(self, customer: UUID, amount: Money) -> None:
        """Keep room under the balance cap for money that is on its way in."""
        assert amount.minor > 0
        wallet = self._wallets[customer]
        wallet.use.credit_reserved += amount.minor
        wallet.changed = True

    def release_credit(self, customer: UUID, amount: Money) -> None:
        """Give the room back: the money has arrived, or will not."""
        wallet = self._wallets[customer]
        wallet.use.credit_reserved -= amount.minor
        assert wallet.use.credit_reserved >= 0, "room is given back once"
        wallet.changed = True

    def wallets(self) -> Collection[LimitedWallet]:
        """Every wallet that was found and locked."""
        return self._wallets.values()

    def changed(self) -> list[LimitedWallet]:
        """The wallets whose use is to be written."""
        return [wallet for wallet in self._wallets.values() if wallet.changed]


async def lock_limit_use(
    session: WriteSession, customers: Collection[UUID], *, now: datetime
) -> LimitUse:
    """Lock the wallets of a set and load their use: one statement, rows locked by id.

    `now` is business time. Unknown customers are left out, and refused when asked about.
    """
    rows = await session.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM customers_wallets
        WHERE customer_id = ANY($1::uuid[])
        ORDER BY customer_id
        FOR NO KEY UPDATE
        """,  # noqa: S608 - a constant list of columns
        list(customers),
    )
    return _limit_use(rows, now)


async def read_limit_use(
    session: ReadSession, customers: Collection[UUID], *, now: datetime
) -> LimitUse:
    """The same without a lock: to show, never to decide about money."""
    rows = await session.fetch(
        f"""
        SELECT {_COLUMNS}
        FROM customers_wallets
        WHERE customer_id = ANY($1::uuid[])
        """,  # noqa: S608 - a constant list of columns
        list(customers),
    )
    return _limit_use(rows, now)


async def write_limit_use(session: WriteSession, limit_use: LimitUse) -> None:
    """Write the use of all wallets that changed: one statement, or none."""
    changed = limit_use.changed()
    if not changed:
        return
    tag = await session.execute(
        """
        UPDATE customers_wallets AS wallet
        SET used_day = fresh.used_day,
            day_used_minor = fresh.day_used,
            static_day_used_minor = fresh.static_day_used,
            static_cards_day_used_minor = fresh.static_cards_day_used,
            dynamic_day_used_minor = fresh.dynamic_day_used,
            dynamic_cards_day_used_minor = fresh.dynamic_cards_day_used,
            used_year = fresh.used_year,
            year_used_minor = fresh.year_used,
            credit_reserved_minor = fresh.credit_reserved
        FROM unnest($1::customers_changed_limit_use[]) AS fresh
        WHERE wallet.customer_id = fresh.customer_id
        """,
        [
            (
                wallet.customer_id,
                wallet.use.day,
                wallet.use.day_used,
                wallet.use.static_day_used,
                wallet.use.static_cards_day_used,
                wallet.use.dynamic_day_used,
                wallet.use.dynamic_cards_day_used,
                wallet.use.year,
                wallet.use.year_used,
                wallet.use.credit_reserved,
            )
            for wallet in changed
        ],
    )
    assert tag == f"UPDATE {len(changed)}", "a locked wallet cannot vanish"
    for wallet in changed:
        wallet.changed = False


def period_at(now: datetime) -> Period:
    """The business day of an instant, and when it and its year end."""
    return Period(business_day(now), next_business_day_starts(now), next_business_year_starts(now))


def _limit_use(rows: Iterable[Row], now: datetime) -> LimitUse:
    period = period_at(now)
    block = limits_in_force().on(period.today)
    return LimitUse(map(_wallet, rows), block, period)


def _wallet(row: Row) -> LimitedWallet:
    (
        customer_id, account_number, wallet_class, status, name_masked, phone_masked,
        day, day_used, static_day_used, static_cards_day_used,
        dynamic_day_used, dynamic_cards_day_used,
        year, year_used, credit_reserved,
    ) = row  # fmt: skip
    use = Use(
        _STATUSES[status],
        _CLASSES[wallet_class],
        day,
        day_used,
        static_day_used,
        static_cards_day_used,
        dynamic_day_used,
        dynamic_cards_day_used,
        year,
        year_used,
        credit_reserved,
    )
    return LimitedWallet(customer_id, account_number, name_masked, phone_masked, use)


# Enum calls cost more than the rest of the row; a look-up does not.
_STATUSES = {status.value: status for status in WalletStatus}
_CLASSES = {number.value: number for number in WalletClass}
