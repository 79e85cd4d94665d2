"""Single acts, made ready one by one: for rows that look at one saga and not at a crowd."""

from campaign.client import Json, money, new_key
from campaign.load import Act, Operation
from campaign.people import Person


async def transfer(person: Person, payee: Person, minor: int) -> Operation:
    """Money to another person."""
    body = {
        "payee": payee.customer,
        "amount": money(minor),
        "memo": "",
        "authorisation": await person.authorise("transfer", payee.customer, minor),
    }
    return Operation(Act.TRANSFER, new_key(), person, body, minor, payee)


async def payment(person: Person, minor: int) -> Operation:
    """A new order, paid from the balance."""
    return await _payment(Act.PAYMENT, person, minor, {"kind": "balance"})


async def card_payment(person: Person, minor: int) -> Operation:
    """A new order, paid from the person's first card."""
    return await _payment(
        Act.CARD_PAYMENT, person, minor, {"kind": "card", "card": person.cards[0]}
    )


async def _payment(act: Act, person: Person, minor: int, funding: Json) -> Operation:
    store = (await person.get("/sandbox/shops"))["shops"][0]["store"]
    wanted = {"amount": money(minor), "description": "牛肉面"}
    order = (await person.post(f"/sandbox/shops/{store}/orders", wanted))["order"]
    body = {
        "payee": store,
        "order": order,
        "amount": money(minor),
        "authorisation": await person.authorise("payment", store, minor, order),
        "funding": funding,
    }
    return Operation(act, new_key(), person, body, minor)


async def top_up(person: Person, minor: int) -> Operation:
    """Money from the person's first card."""
    return await _card_transfer(Act.TOP_UP, person, minor)


async def withdrawal(person: Person, minor: int) -> Operation:
    """Money to the person's first card."""
    return await _card_transfer(Act.WITHDRAWAL, person, minor)


async def _card_transfer(act: Act, person: Person, minor: int) -> Operation:
    card = person.cards[0]
    authorisation = await person.authorise(act.value, card, minor)
    body = {"card": card, "amount": money(minor), "authorisation": authorisation}
    return Operation(act, new_key(), person, body, minor)


async def carry_out(operation: Operation, *, within_s: float = 60.0) -> Operation:
    """Ask for it until the answer is definite; raises `NeverSettled`."""
    operation.reply, operation.tries = await operation.person.caller.settle(
        "POST", operation.path, operation.body, key=operation.key, within_s=within_s
    )
    return operation
