"""The model's other half: cards' banks, what is on its way to them, and how it must end."""

from datetime import datetime
from typing import Final

from simulation.model import Card, Line, Operation, Payment, Person, Refused, count, settle

FAULTS: Final = (
    "none", "decline", "twice", "timeout after", "timeout before", "drop after", "drop before",
    "late",
)  # fmt: skip
"""What the switch is told to do with a request."""

LOST_BEFORE: Final = frozenset({"timeout before", "drop before"})
UNANSWERED: Final = LOST_BEFORE | {"timeout after", "drop after", "late"}


def act_of(operation: Operation) -> str:
    """How it counts against the limits."""
    if operation.kind == "payment":
        return "card" if operation.order else "static_card"
    return operation.kind


def begin(operation: Operation) -> None:
    """Reserve what the act needs while its outcome is open."""
    person, amount = operation.who, operation.amount
    person.operations.append(operation)
    if operation.kind == "top_up":
        person.arriving += amount
        return
    count(person, act_of(operation), amount, operation.at)
    if operation.kind == "withdrawal":
        person.held += amount
    elif operation.order is not None:
        operation.order.state = "paying"


def ask_bank(operation: Operation, fault: str) -> str:
    """What the card's bank does with the request; returns the state that the reply must show."""
    if fault in LOST_BEFORE:
        return "pending"
    operation.bank_did = fault != "decline" and _bank_moves(operation)
    if fault in UNANSWERED:
        return "pending"
    return "succeeded" if operation.bank_did else "declined"


def _bank_moves(operation: Operation) -> bool:
    """The bank's own books: what a card holds is the limit."""
    card = operation.card
    if operation.kind == "withdrawal":
        card.money += operation.amount
        return True
    if card.money < operation.amount:
        return False
    card.money -= operation.amount
    return True


def resolution(operation: Operation) -> str:
    """How an operation that nobody answered must end, once the resolver has asked."""
    if operation.bank_did is None and operation.kind == "withdrawal":
        # Money given is asked for again under its key, never taken back.
        operation.bank_did = _bank_moves(operation)
    if operation.bank_did is None:
        return "declined" if operation.kind == "payment" else "reversed"
    return "succeeded" if operation.bank_did else "declined"


def finish(operation: Operation, state: str, movement: str | None, at: datetime) -> None:
    """The outcome is certain: move the money, or set free what was reserved."""
    operation.state = state
    person, amount = operation.who, operation.amount
    if operation.kind == "top_up":
        person.arriving -= amount
    if operation.kind == "withdrawal":
        person.held -= amount
    if state != "succeeded":
        if operation.kind != "top_up":
            count(person, act_of(operation), -amount, operation.at)
        if operation.order is not None:
            operation.order.state = "open"
        return
    assert movement is not None
    operation.movement = movement
    if operation.kind == "payment":
        assert operation.shop is not None
        paid = Payment(operation.id, movement, operation.shop, operation.order, amount, at)
        settle(person, operation.shop, operation.order, paid, operation.card.id)
        return
    comes = operation.kind == "top_up"
    person.balance += amount if comes else -amount
    person.lines.append(
        Line(
            movement,
            operation.kind,
            "in" if comes else "out",
            amount,
            operation.card.label,
            person.label,
            "",
            at,
            person.balance,
            operation.id,
        )
    )


def clearing(people: list[Person]) -> int:
    """What the cards' banks owe the wallet, by the model: taken from cards less given to them."""
    done = [o for p in people for o in p.operations if o.state == "succeeded"]
    return sum(-o.amount if o.kind == "withdrawal" else o.amount for o in done)


def compare_cards(person: Person) -> None:
    """The worker compared the cards with a name that was proven after they were bound."""
    person.comparing = False
    mine = [card for card in person.cards if card.bound and not card.own_name]
    for card in mine:
        card.own_name = card.holder is person
        card.own_phone = False
    raised = any(card.own_name and card.kind == "debit" for card in mine)
    if raised and person.status == "active" and person.wallet_class == 3:
        person.wallet_class = 2


def bind(person: Person, card: Card) -> None:
    """A card was bound; an own debit card raises class 3 to 2."""
    card.own_name = person.proven and card.holder is person
    card.own_phone = not person.proven and card.holder.phone == person.phone
    person.cards.append(card)
    if card.own_name and card.kind == "debit" and person.wallet_class == 3:
        person.wallet_class = 2


def removal_refused(person: Person, card: Card) -> Refused | None:
    """Why a card cannot be removed."""
    if card not in person.cards or not card.bound:
        return Refused("instruments.card_unknown")
    if any(o.card is card and o.state == "pending" for o in person.operations):
        return Refused("instruments.card_busy")
    return None


def obstacles(person: Person) -> list[str]:
    """What stands against closing, in the order in which it is told."""
    found = []
    if person.status == "frozen":
        found.append("customers.wallet_frozen")
    if person.available:
        found.append("customers.balance_left")
    if person.held:
        found.append("customers.money_held")
    if person.arriving:
        found.append("customers.money_arriving")
    if person.pending("payment"):
        found.append("payments.card_payment_pending")
    return found
