"""Steps that move money: pay, send, fill, empty; with right, spent and spoiled authorisations."""

import asyncio
import random
from datetime import datetime
from typing import Any, Final

from simulation import deposits, model, rails
from simulation.deposits import Deposit
from simulation.figures import CAPS, CARD_TRANSFER_MAX, NEW_PAYEE_CAP, STATIC_DAY_CAP
from simulation.model import Card, Operation, Order, Payment, Person, ReceiveCode, Refused, Shop
from simulation.play import Json, Mismatch, Play
from tael.codecs.response_codes import ResponseCode
from tael.sandbox.world.modes import Mode, ModeKind, When

MEMOS: Final = ("", "午饭", "lunch AA", "100% 房租_", "ÄRGER 生日")
LATE_S: Final = 0.15
INVALID: Final = Refused("identity.authorisation_invalid")

_MODES: Final = {
    "decline": (ModeKind.DECLINE, When.AFTER),
    "twice": (ModeKind.TWICE, When.AFTER),
    "timeout after": (ModeKind.TIMEOUT, When.AFTER),
    "timeout before": (ModeKind.TIMEOUT, When.BEFORE),
    "drop after": (ModeKind.DROP, When.AFTER),
    "drop before": (ModeKind.DROP, When.BEFORE),
    "late": (ModeKind.DELAY, When.AFTER),
}


def on_wire(amount: int) -> Json:
    """An amount as the API takes it."""
    return {"value": amount, "currency": "CNY"}


def instant(text: str) -> datetime:
    """A time of the API."""
    return datetime.fromisoformat(text)


def amounts(person: Person, act: str, now: datetime) -> list[int]:
    """Amounts worth trying: ordinary ones, and those where something gives way."""
    edges = [person.available, *(left for _, left in model.limits_left(person, act, now))]
    room = CAPS[person.wallet_class].balance - person.balance - person.arriving
    if act == "top_up":
        edges = [room, CARD_TRANSFER_MAX]
    if act == "transfer":
        edges.append(NEW_PAYEE_CAP)
    tried = [each + more for each in edges for more in (0, 0, 1)]
    return [each for each in tried if 0 < each <= 10**13]


def an_amount(person: Person, act: str, now: datetime, rng: random.Random) -> int:
    """Small mostly, else at an edge."""
    edges = amounts(person, act, now)
    if edges and rng.random() < 0.3:
        return rng.choice(edges)
    most = rng.choice((50, 5_000, 60_000, 300_000))
    if act in {"static", "static_card"}:
        most = min(most, STATIC_DAY_CAP)
    return rng.randint(1, most)


async def authorisation(
    play: Play,
    person: Person,
    rng: random.Random,
    **terms: Any,  # noqa: ANN401 - a JSON body
) -> tuple[str, bool]:
    """An authorisation for an act, and whether it is good: used, foreign and wrong ones are not."""
    way = rng.random()
    if way < 0.04 and play.used_authorisations:
        owner, used = rng.choice(play.used_authorisations)
        play.note(f"  with an authorisation that person {owner} has used")
        return used, False
    if way < 0.07:
        play.note("  with an authorisation for one fen less")
        amount = max(1, terms["amount"]["value"] - 1)
        if amount != terms["amount"]["value"]:
            terms = {**terms, "amount": on_wire(amount)}
            return await play.authorised(person, **terms), False
    return await play.authorised(person, **terms), True


def used(play: Play, person: Person, given: str) -> None:
    """Remember what was spent, to be tried again."""
    play.used_authorisations.append((person.index, given))


async def pay_from_balance(
    play: Play, payer: Person, shop: Shop, order: Order | None, rng: random.Random
) -> None:
    """Pay an order, or by the printed code."""
    now = play.now()
    act = "payment" if order else "static"
    amount = an_amount(payer, act, now, rng)
    if order is not None and rng.random() < 0.93:
        amount = order.amount
    named = order.id if order else None
    play.note(f"{payer.index} pays {amount} to {shop.name} for {named}")
    given, good = await authorisation(
        play, payer, rng, purpose="payment", payee=shop.id, amount=on_wire(amount), order=named
    )
    now = play.now()
    refusal = model.target_refused(payer, shop, order, amount, now) or (None if good else INVALID)
    refusal = refusal or model.payment_refused(payer, shop, order, amount, now)
    body = {
        "payee": shop.id,
        "order": named,
        "amount": on_wire(amount),
        "authorisation": given,
        "funding": {"kind": "balance"},
    }
    done = await play.act(payer, "/payments", body, refusal, rng)
    if done is None:
        return
    used(play, payer, given)
    held = order is not None and order.by_hand
    play.equal(
        (done["state"], done["amount"], done["order"], done["funding"], done["decline"]),
        (
            "held" if held else "succeeded",
            on_wire(amount),
            named,
            {"kind": "balance", "card": None},
            None,
        ),
        "a payment from the balance",
    )
    at = instant(done["at"])
    if held:
        assert order is not None
        deposit = Deposit(done["payment"], payer, shop, order, amount, at, at + deposits.HOLD_LIFE)
        play.equal(instant(done["held"]["until"]), deposit.until, "until when it is held")
        play.deposits.append(deposit)
        deposits.begin(deposit)
        return
    model.pay(payer, Payment(done["payment"], done["movement"], shop, order, amount, at))


async def send_money(
    play: Play, payer: Person, payee: Person, rng: random.Random, code: ReceiveCode | None = None
) -> None:
    """Send to a person, perhaps by a receive code."""
    amount = an_amount(payer, "transfer", play.now(), rng)
    if code is not None and code.amount is not None and rng.random() < 0.9:
        amount = code.amount
    memo = rng.choice(MEMOS)
    play.note(f"{payer.index} sends {amount} to {payee.index} {memo!r} by {code and code.token}")
    given, good = await authorisation(
        play, payer, rng, purpose="transfer", payee=payee.id, amount=on_wire(amount)
    )
    now = play.now()
    refusal = Refused("transfers.self_transfer") if payer is payee else None
    if refusal is None and code is not None:
        refusal = model.code_refused(code, payee, amount, now)
    refusal = refusal or (None if good else INVALID)
    refusal = refusal or model.transfer_refused(payer, payee, amount, code, now)
    body = {
        "payee": payee.id,
        "amount": on_wire(amount),
        "memo": memo,
        "authorisation": given,
        "receive_code": code.token if code else None,
    }
    done = await play.act(payer, "/transfers", body, refusal, rng)
    if done is None:
        return
    used(play, payer, given)
    play.equal((done["memo"], done["amount"]), (memo, on_wire(amount)), "a transfer")
    ids = model.TransferIds(done["transfer"], done["movement"])
    model.transfer(payer, payee, amount, memo, ids, instant(done["at"]))
    if code is not None and code.amount is not None:
        code.used = True


def a_fault(rng: random.Random) -> str:
    """What the card's bank does with the next request: what is asked of it, mostly."""
    return rng.choice(rails.FAULTS) if rng.random() < 0.35 else "none"


def order_fault(play: Play, card: Card, fault: str) -> None:
    """Tell the world's switch how to treat the card's next request."""
    modes = play.bank.world.modes
    modes.order(Mode(kind=ModeKind.APPROVE, card=card.number))
    if fault == "none":
        return
    kind, when = _MODES[fault]
    modes.order(
        Mode(
            kind=kind,
            card=card.number,
            seconds=play.bank.settings.switch_timeout_s + LATE_S,
            code=ResponseCode.DO_NOT_HONOUR,
            when=when,
        )
    )


async def move_by_card(
    play: Play, person: Person, kind: str, card: Card, rng: random.Random
) -> None:
    """Top up or withdraw."""
    amount = an_amount(person, kind, play.now(), rng)
    fault = a_fault(rng)
    play.note(f"{person.index} {kind} {amount} with {card.label}: {fault}")
    given, good = await authorisation(
        play, person, rng, purpose=kind, payee=card.id, amount=on_wire(amount)
    )
    now = play.now()
    use = {"top_up": "top_up", "withdrawal": "withdraw"}[kind]
    refusal = model.out_of_range(amount) or model.card_use_refused(person, card, use)
    refusal = refusal or (None if good else INVALID)
    refusal = refusal or model.card_transfer_refused(person, kind, card, amount, now)
    order_fault(play, card, fault)
    path = {"top_up": "/top-ups", "withdrawal": "/withdrawals"}[kind]
    body = {"card": card.id, "amount": on_wire(amount), "authorisation": given}
    done = await play.act(person, path, body, refusal, rng)
    if done is None:
        order_fault(play, card, "none")
        return
    used(play, person, given)
    at = instant(done["at"])
    operation = Operation(done["id"], kind, person, card, amount, at)
    await _asked(play, operation, fault, done)


async def pay_by_card(
    play: Play, payer: Person, shop: Shop, order: Order | None, card: Card, rng: random.Random
) -> None:
    """Pay an order, or by the printed code, from a card."""
    act = "card" if order else "static_card"
    amount = order.amount if order else an_amount(payer, act, play.now(), rng)
    fault, named = a_fault(rng), order.id if order else None
    play.note(f"{payer.index} pays {amount} to {shop.name} for {named} by {card.label}: {fault}")
    given, good = await authorisation(
        play, payer, rng, purpose="payment", payee=shop.id, amount=on_wire(amount), order=named
    )
    now = play.now()
    refusal = model.card_use_refused(payer, card, "pay")
    refusal = refusal or model.target_refused(payer, shop, order, amount, now)
    if order is not None and order.by_hand:
        refusal = refusal or Refused("payments.hold_needs_balance")
    refusal = refusal or (None if good else INVALID)
    refusal = refusal or model.spending_refused(payer, act, amount, now)
    refusal = refusal or model.alike_pending(payer, shop, amount)
    order_fault(play, card, fault)
    body = {
        "payee": shop.id,
        "order": named,
        "amount": on_wire(amount),
        "authorisation": given,
        "funding": {"kind": "card", "card": card.id},
    }
    done = await play.act(payer, "/payments", body, refusal, rng)
    if done is None:
        order_fault(play, card, "none")
        return
    used(play, payer, given)
    at = instant(done["at"])
    operation = Operation(done["payment"], "payment", payer, card, amount, at)
    operation.shop, operation.order = shop, order
    await _asked(play, operation, fault, done)


async def _asked(play: Play, operation: Operation, fault: str, done: Json) -> None:
    """What the reply must say of an operation that was asked of a card's bank."""
    rails.begin(operation)
    state = rails.ask_bank(operation, fault)
    play.equal(done["state"], state, f"{operation.kind} with fault {fault!r}")
    if state != "pending":
        await finish(play, operation, state)
    elif fault == "late":
        await _until_answered(play, operation)


async def _until_answered(play: Play, operation: Operation) -> None:
    """Wait for the switch's late answer to arrive; the worker has not seen it then."""
    for _ in range(200):
        open_ones = await play.bank.owner.fetchval(
            "SELECT count(*) FROM rails_operations WHERE state IN ('sent', 'unknown')"
        )
        others = sum(
            1
            for person in play.people
            for each in person.operations
            if each.state == "pending" and not each.answered and each is not operation
        )
        if open_ones == others:
            operation.answered = True
            return
        await asyncio.sleep(0.01)
    raise Mismatch("the switch's late answer is not noted")


PATHS: Final = {"top_up": "/top-ups", "withdrawal": "/withdrawals", "payment": "/payments"}


async def finish(play: Play, operation: Operation, state: str) -> None:
    """Read what became of an operation, as its customer may, and let the model follow."""
    if operation.who.status == "closed":
        raise Mismatch("a wallet was closed with an operation open")
    shown = await play.get(operation.who, f"{PATHS[operation.kind]}/{operation.id}")
    play.equal(shown["state"], state, f"{operation.kind} {operation.id}")
    at = play.now()
    if state == "succeeded":
        line = await play.get(operation.who, f"/history/{shown['movement']}")
        at = instant(line["at"])
    rails.finish(operation, state, shown["movement"], at)


async def finish_all(play: Play, operations: list[Operation]) -> None:
    """The worker finished these: read and follow them in the order in which money moved."""
    found = []
    for operation in operations:
        state = rails.resolution(operation)
        shown = await play.get(operation.who, f"{PATHS[operation.kind]}/{operation.id}")
        play.equal(shown["state"], state, f"{operation.kind} {operation.id}, resolved")
        at = play.now()
        if shown["movement"] is not None:
            line = await play.get(operation.who, f"/history/{shown['movement']}")
            at = instant(line["at"])
        found.append((at, operation, state, shown["movement"]))
    for at, operation, state, movement in sorted(found, key=lambda each: each[0]):
        rails.finish(operation, state, movement, at)
