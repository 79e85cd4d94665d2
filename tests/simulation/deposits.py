"""The model of what is set aside for shops, and of what shops give back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from simulation.model import Line, Order, Payment, Person, Refused, Shop, add_line, count

HOLD_LIFE: Final = timedelta(days=7)
REFUND_WITHIN: Final = timedelta(days=365)
REFUNDS_MAX: Final = 50


@dataclass
class Deposit:
    """A payment that sets its amount aside until the shop takes it, in parts or not at all."""

    id: str
    payer: Person
    shop: Shop
    order: Order
    amount: int
    at: datetime
    until: datetime
    captured: int = 0
    refunded: int = 0
    refunds: int = 0
    lapsed: bool = False
    state: str = "held"
    """`lapsed` is past its deadline, and the worker has not written it down yet."""

    @property
    def left(self) -> int:
        """What is still set aside, or was when it ended."""
        return self.amount - self.captured

    @property
    def taken(self) -> int:
        """What reached the shop."""
        return self.captured

    @property
    def shown(self) -> str:
        """Its state as anybody must see it."""
        if self.state == "lapsed":
            return "succeeded" if self.captured else "expired"
        return self.state


def begin(deposit: Deposit) -> None:
    """The money is set aside, and counts against the limits."""
    deposit.payer.held += deposit.amount
    deposit.order.state = "held"
    count(deposit.payer, "payment", deposit.amount, deposit.at)


def capture_refused(deposit: Deposit, amount: int | None) -> Refused | None:
    """Why the shop cannot take this much, or (without an amount) let go."""
    if deposit.state in {"lapsed", "expired"} or (deposit.state == "succeeded" and deposit.lapsed):
        return Refused("ledger.hold_expired")
    if deposit.state != "held":
        return Refused("ledger.hold_not_open")
    if amount is not None and amount > deposit.left:
        return Refused("ledger.capture_exceeds_hold")
    return None


def capture(deposit: Deposit, amount: int, movement: str, at: datetime, *, final: bool) -> None:
    """The shop took some of it, and frees the rest if this was the last time."""
    payer, order = deposit.payer, deposit.order
    payer.held -= amount
    deposit.captured += amount
    deposit.shop.balance += amount
    line = Line(
        movement, "payment", "out", amount, deposit.shop.label, payer.label, order.description, at,
        0, deposit.id, "balance", order.id, deposit.shop,
    )  # fmt: skip
    add_line(payer, line, -amount)
    if final or not deposit.left:
        _end(deposit, "succeeded")


def void(deposit: Deposit) -> None:
    """The shop lets go."""
    _end(deposit, "succeeded" if deposit.captured else "voided")


def _end(deposit: Deposit, state: str) -> None:
    deposit.payer.held -= deposit.left
    _write_down(deposit, state)


def _write_down(deposit: Deposit, state: str) -> None:
    deposit.state = state
    deposit.order.state = "paid" if state == "succeeded" else "closed"
    if deposit.left:
        count(deposit.payer, "payment", -deposit.left, deposit.at)


def lapse(deposits: list[Deposit], now: datetime) -> None:
    """What is past its deadline is free for everybody who looks."""
    for deposit in deposits:
        if deposit.state == "held" and now >= deposit.until:
            deposit.state, deposit.lapsed = "lapsed", True
            deposit.payer.held -= deposit.left


def follow(deposits: list[Deposit]) -> None:
    """The worker wrote down what had lapsed: orders and limits follow."""
    for deposit in deposits:
        if deposit.state == "lapsed":
            _write_down(deposit, "succeeded" if deposit.captured else "expired")


def refund_refused(paid: Payment | Deposit, amount: int, now: datetime) -> Refused | None:
    """Why a shop cannot give this much back."""
    left = paid.taken - paid.refunded
    if not paid.taken:
        return Refused("payments.not_refundable")
    if not left or amount > left:
        money = {"value": left, "currency": "CNY"}
        return Refused("payments.refund_exceeds_payment", {"left": money})
    if paid.refunds >= REFUNDS_MAX:
        return Refused("payments.refunds_exhausted")
    if now >= paid.at + REFUND_WITHIN:
        return Refused("payments.refund_too_late")
    if amount > paid.shop.balance:
        return Refused("payments.shop_short_of_money")
    return None


def refund(
    payer: Person, paid: Payment | Deposit, amount: int, movement: str, reason: str, at: datetime
) -> str:
    """A shop gave something back; where it went. Limits and the balance's cap do not count it."""
    paid.refunded += amount
    paid.refunds += 1
    paid.shop.balance -= amount
    if payer.status == "closed":
        return "suspense"
    line = Line(
        movement, "refund", "in", amount, paid.shop.label, payer.label, reason, at, 0, paid.id,
        "balance", paid.order.id if paid.order else None, paid.shop,
    )  # fmt: skip
    add_line(payer, line, amount)
    return "balance"
