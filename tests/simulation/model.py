"""What the bank ought to hold and show: plain Python, with arithmetic of its own.

It imports nothing of the service. Each act has two halves: `…_refused` says with which code the
service must refuse it now (None: it must do it), and the verb records what it did. Amounts are
fen; identifiers are the texts that the service gave.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from simulation.figures import (
    BANKS,
    CAPS,
    CARD_TRANSFER_MAX,
    DYNAMIC_DAY_CAP,
    NEW_PAYEE,
    NEW_PAYEE_CAP,
    ORDER_LIFE,
    RECEIVE_CODE_LIFE,
    RECEIVE_CODE_SHOWN_AGAIN,
    STATIC_DAY_CAP,
    day_of,
    masked_name,
    masked_phone,
)


class Refused(NamedTuple):
    """A refusal by its code, and what its body must say besides."""

    code: str
    told: dict[str, object] | None = None


@dataclass
class Line:
    """One line of a customer's history."""

    movement: str
    kind: str
    direction: str
    amount: int
    counterparty: str
    own_label: str
    memo: str
    at: datetime
    balance_after: int
    reference: str
    funding: str | None = None
    order: str | None = None
    shop: "Shop | None" = None


@dataclass
class Card:
    """A bound card, and what its bank knows of it."""

    id: str
    number: str
    bank: str
    kind: str
    holder: "Person"
    own_name: bool
    own_phone: bool
    money: int
    bound: bool = True

    @property
    def label(self) -> str:
        """How histories name it."""
        return f"{BANKS[self.bank]} ({self.number[-4:]})"

    @property
    def can(self) -> set[str]:
        """What it may be used for."""
        if self.kind == "credit":
            return {"pay"}
        return {"pay", "top_up"} | ({"withdraw"} if self.own_name or self.own_phone else set())


@dataclass
class Acquaintance:
    """What went to a payee."""

    first_at: datetime
    sent_while_new: int
    last_at: datetime


@dataclass
class ReceiveCode:
    """A code by which a customer is paid."""

    payload: str
    token: str
    owner: "Person"
    amount: int | None
    memo: str
    expires_at: datetime
    used: bool = False


@dataclass
class Order:
    """What a shop asks for."""

    id: str
    payload: str
    shop: "Shop"
    amount: int
    description: str
    expires_at: datetime
    by_hand: bool = False
    """Paying it only sets the amount aside."""
    state: str = "open"

    def seen(self, now: datetime) -> str:
        """Its state as anybody must see it."""
        return "expired" if self.state == "open" and now >= self.expires_at else self.state


@dataclass
class Shop:
    """A shop and what the bank owes it."""

    id: str
    name: str
    name_zh: str
    static_payload: str
    account: int
    owner: "Person | None" = None
    closed: bool = False
    balance: int = 0

    @property
    def label(self) -> str:
        """How histories name it."""
        return f"{self.name_zh} {self.name}"


@dataclass
class Operation:
    """Something asked of a card's bank: a top-up, a withdrawal or a payment."""

    id: str
    kind: str
    who: "Person"
    card: Card
    amount: int
    at: datetime
    state: str = "pending"
    shop: Shop | None = None
    order: Order | None = None
    movement: str | None = None
    bank_did: bool | None = None
    """What the card's bank made of it: None if it never heard of it."""
    answered: bool = False
    """Its answer came in late: the worker finishes it without asking."""


@dataclass
class Payment:
    """A payment from the balance."""

    id: str
    movement: str
    shop: Shop
    order: Order | None
    amount: int
    at: datetime
    refunded: int = 0
    refunds: int = 0

    @property
    def taken(self) -> int:
        """What reached the shop."""
        return self.amount


@dataclass
class Person:
    """A customer, and everything that the service must say about them."""

    index: int
    name: str
    id_number: str
    phone: str
    id: str = ""
    wallet_class: int = 4
    status: str = "active"
    proven: bool = False
    comparing: bool = False
    """The name was proven, and the worker has not compared the cards with it yet."""
    balance: int = 0
    held: int = 0
    arriving: int = 0
    pin_tries: int = 0
    used: Counter[tuple[str, date | int]] = field(default_factory=Counter)
    lines: list[Line] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    payees: dict[int, Acquaintance] = field(default_factory=dict)
    codes: dict[int, ReceiveCode] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    transfers: list[Line] = field(default_factory=list)

    @property
    def label(self) -> str:
        """How others see them."""
        return masked_name(self.name) if self.proven else masked_phone(self.phone)

    @property
    def available(self) -> int:
        """What can be spent."""
        return self.balance - self.held

    def pending(self, kind: str) -> list[Operation]:
        """What is not certain yet."""
        return [o for o in self.operations if o.kind == kind and o.state == "pending"]

    def spent(self, cap: str, at: datetime) -> int:
        """What is used of a cap, in the period that runs at this time."""
        day = day_of(at)
        return self.used[cap, day.year if cap == "year" else day]


CODE_CAPS = {
    "payment": ("dynamic_code_day", DYNAMIC_DAY_CAP),
    "card": ("dynamic_code_cards_day", DYNAMIC_DAY_CAP),
    "static": ("static_code_day", STATIC_DAY_CAP),
    "static_card": ("static_code_cards_day", STATIC_DAY_CAP),
}
"""What a day may bring by codes, and from cards by codes, by the rule for bar codes."""


def count(person: Person, act: str, amount: int, at: datetime) -> None:
    """Use limits; with a negative amount, give back what was used at `at`."""
    day = day_of(at)
    if act in CODE_CAPS:
        person.used[CODE_CAPS[act][0], day] += amount
    if act not in {"card", "static_card"}:
        person.used["day", day] += amount
        person.used["year", day.year] += amount


def limits_left(person: Person, act: str, now: datetime) -> list[tuple[str, int]]:
    """What is left of each cap that an act counts against, in the order they are named."""
    caps, left = CAPS[person.wallet_class], []
    if act not in {"card", "static_card"}:
        left += [("per_payment", caps.per_payment), ("day", caps.day - person.spent("day", now))]
        if caps.year is not None:
            left.append(("year", caps.year - person.spent("year", now)))
    if act in CODE_CAPS:
        name, cap = CODE_CAPS[act]
        left.append((name, cap - person.spent(name, now)))
    return [(name, max(0, each)) for name, each in left]


def spending_refused(person: Person, act: str, amount: int, now: datetime) -> Refused | None:
    """What the limits and the state of the wallet say."""
    if person.status == "frozen":
        return Refused("customers.wallet_frozen")
    if person.status == "closed":
        return Refused("customers.wallet_closed")
    broken = [(left, name) for name, left in limits_left(person, act, now) if left < amount]
    if not broken:
        return None
    tightest = min(left for left, _ in broken)
    name = next(name for left, name in broken if left == tightest)
    money = {"value": tightest, "currency": "CNY"}
    return Refused("customers.limit_exceeded", {"limit": name, "left": money})


def debit_refused(person: Person, amount: int) -> Refused | None:
    """What the balance says."""
    if amount <= person.available:
        return None
    short = {"value": amount - person.available, "currency": "CNY"}
    return Refused("ledger.insufficient_funds", {"short_by": short})


def credit_refused(person: Person, amount: int) -> bool:
    """Whether the wallet cannot take this much more."""
    cap = CAPS[person.wallet_class].balance
    return person.status == "closed" or person.balance + person.arriving + amount > cap


def target_refused(
    payer: Person, shop: Shop, order: Order | None, amount: int, now: datetime
) -> Refused | None:
    """Why a shop, or an order of it, cannot be paid."""
    if order is not None and order.shop is not shop:
        return Refused("payments.order_not_found")
    if shop.owner is payer:
        return Refused("payments.self_payment")
    if order is not None and order.seen(now) != "open":
        return Refused(
            {
                "paying": "payments.order_being_paid",
                "held": "payments.order_already_paid",
                "paid": "payments.order_already_paid",
                "expired": "payments.order_expired",
                "closed": "payments.order_closed",
            }[order.seen(now)]
        )
    if shop.closed:
        return Refused("merchants.store_closed")
    if order is not None and order.amount != amount:
        asked = {"value": order.amount, "currency": "CNY"}
        return Refused("payments.amount_changed", {"amount": asked})
    return None


def alike_pending(payer: Person, shop: Shop, amount: int) -> Refused | None:
    """The double-pay guard."""
    alike = [o for o in payer.pending("payment") if o.shop is shop and o.amount == amount]
    return Refused("payments.same_payment_pending") if alike else None


def add_line(person: Person, line: Line, change: int) -> None:
    """Let money move in a wallet; the line says what is left."""
    person.balance += change
    line.balance_after = person.balance
    person.lines.append(line)


def new_payee_refused(payer: Person, payee: Person, amount: int, now: datetime) -> Refused | None:
    """Care with whom the payer has not known for long."""
    known = payer.payees.get(payee.index)
    if known is not None and now >= known.first_at + NEW_PAYEE:
        return None
    left = max(0, NEW_PAYEE_CAP - (known.sent_while_new if known else 0))
    if amount <= left:
        return None
    money = {"value": left, "currency": "CNY"}
    return Refused("transfers.new_payee_limit_exceeded", {"left": money})


def code_refused(
    code: ReceiveCode, payee: Person, amount: int | None, now: datetime
) -> Refused | None:
    """What a receive code says against a transfer, or against being resolved."""
    live = code.owner.codes.get(code.amount or 0)
    if live is None or live.token != code.token or code.owner is not payee:
        return Refused("transfers.receive_code_unknown")
    if code.used:
        return Refused("transfers.receive_code_used")
    if now >= code.expires_at:
        return Refused("transfers.receive_code_expired")
    if amount is not None and code.amount is not None and amount != code.amount:
        return Refused("transfers.amount_changed")
    return None


def transfer_refused(
    payer: Person, payee: Person, amount: int, code: ReceiveCode | None, now: datetime
) -> Refused | None:
    """Why a transfer must be refused, the authorisation apart."""
    refusal = (
        spending_refused(payer, "transfer", amount, now)
        or new_payee_refused(payer, payee, amount, now)
        or debit_refused(payer, amount)
    )
    if refusal is None and credit_refused(payee, amount):
        refusal = Refused("customers.payee_cannot_receive")
    return refusal


class TransferIds(NamedTuple):
    """What the service called a transfer."""

    transfer: str
    movement: str


def transfer(
    payer: Person, payee: Person, amount: int, memo: str, ids: TransferIds, at: datetime
) -> None:
    """Money went from one customer to another."""
    count(payer, "transfer", amount, at)
    out = Line(
        ids.movement, "transfer", "out", amount, payee.label, payer.label, memo, at, 0, ids.transfer
    )
    into = Line(
        ids.movement, "transfer", "in", amount, payer.label, payee.label, memo, at, 0, ids.transfer
    )
    add_line(payer, out, -amount)
    add_line(payee, into, amount)
    payer.transfers.append(out)
    known = payer.payees.get(payee.index)
    if known is None:
        payer.payees[payee.index] = Acquaintance(at, amount, at)
        return
    if at < known.first_at + NEW_PAYEE:
        known.sent_while_new += amount
    known.last_at = max(known.last_at, at)


def payment_refused(
    payer: Person, shop: Shop, order: Order | None, amount: int, now: datetime
) -> Refused | None:
    """Why a payment from the balance must be refused, target and authorisation apart."""
    return (
        spending_refused(payer, "payment" if order else "static", amount, now)
        or alike_pending(payer, shop, amount)
        or debit_refused(payer, amount)
    )


def pay(payer: Person, payment: Payment) -> None:
    """A shop was paid from the balance."""
    count(payer, "payment" if payment.order else "static", payment.amount, payment.at)
    settle(payer, payment.shop, payment.order, payment)
    payer.payments.append(payment)
    payer.balance -= payment.amount
    payer.lines[-1].balance_after = payer.balance


def settle(
    payer: Person, shop: Shop, order: Order | None, paid: Payment, funding: str = "balance"
) -> None:
    shop.balance += paid.amount
    memo = order.description if order else ""
    if order is not None:
        order.state = "paid"
    line = Line(
        paid.movement, "payment", "out", paid.amount, shop.label, payer.label, memo, paid.at, 0,
        paid.id, funding, order.id if order else None, shop,
    )  # fmt: skip
    add_line(payer, line, 0)


def make_order(shop: Shop, ids: tuple[str, str], amount: int, text: str, now: datetime) -> Order:
    """A shop asked for an amount, to be paid at once."""
    return Order(ids[0], ids[1], shop, amount, text, now + ORDER_LIFE)


def receive_code_again(
    owner: Person, amount: int | None, memo: str, now: datetime
) -> ReceiveCode | None:
    """The code that must come again, if one does."""
    held = owner.codes.get(amount or 0)
    again = held is not None and not held.used and held.memo == memo
    fresh = held is not None and held.expires_at > now + RECEIVE_CODE_SHOWN_AGAIN
    return held if again and fresh else None


def keep_code(owner: Person, code: ReceiveCode, now: datetime) -> None:
    """A new code stands, in the place of an older one for the same amount."""
    code.expires_at = now + RECEIVE_CODE_LIFE
    owner.codes[code.amount or 0] = code


def card_use_refused(person: Person, card: Card, use: str) -> Refused | None:
    """Whether this is one's own bound card, and may be used so."""
    if not card.bound or card not in person.cards:
        return Refused("instruments.card_unknown")
    if use in card.can:
        return None
    return Refused(
        "instruments.card_cannot_top_up" if use == "top_up" else "instruments.card_cannot_withdraw"
    )


def card_transfer_refused(
    person: Person, kind: str, card: Card, amount: int, now: datetime
) -> Refused | None:
    """Why a top-up or withdrawal must be refused, range, card and authorisation apart."""
    if kind == "top_up":
        if person.status == "frozen":
            return Refused("customers.wallet_frozen")
        if credit_refused(person, amount):
            return Refused("customers.balance_cap_exceeded")
    else:
        refusal = spending_refused(person, "withdrawal", amount, now)
        refusal = refusal or debit_refused(person, amount)
        if refusal is not None:
            return refusal
    twins = [o for o in person.pending(kind) if o.card is card and o.amount == amount]
    return Refused("transfers.same_amount_pending") if twins else None


def out_of_range(amount: int) -> Refused | None:
    """What one card transfer may be."""
    return Refused("transfers.amount_out_of_range") if amount > CARD_TRANSFER_MAX else None
