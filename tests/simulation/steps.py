"""Every step that a run may take, with how often."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from factories.wallets_with_cards import PORTRAIT, bank_code, elements
from simulation import checks, deposits, model, rails
from simulation.after_sale_steps import give_back, let_go, see_held, take_held
from simulation.figures import CARDS_MAX, PIN_TRIES, SHANGHAI, day_of, midnight_after
from simulation.model import Card, Order, Person, ReceiveCode, Refused
from simulation.money_steps import (
    MEMOS,
    finish_all,
    instant,
    move_by_card,
    on_wire,
    pay_by_card,
    pay_from_balance,
    send_money,
    used,
)
from simulation.play import Play, Step
from tael.kernel.ids import new_id, wire
from tael.sandbox.world.people import CardKind
from tael.sandbox.world.people import Person as Holder

CLOCK_STEPS: Final = (5, 10, 15, 60, 120, 6 * 60, 24 * 60, 40 * 24 * 60)
"""Minutes."""


async def ask_for_money(play: Play, rng: random.Random) -> None:
    """A shop makes an order."""
    shop, text = rng.choice(play.shops), rng.choice(("牛肉面 ×1", "tea 茶", "Books"))
    amount = rng.choice((rng.randint(1, 3_000), rng.randint(1, 250_000)))
    play.note(f"{shop.name} asks for {amount}")
    before = play.now()
    by_hand = rng.random() < 0.3
    capture = "manual" if by_hand else "automatic"
    body = {"amount": on_wire(amount), "description": text, "capture": capture}
    refusal = Refused("merchants.store_closed") if shop.closed else None
    who = rng.choice(play.active())
    done = await play.act(who, f"/sandbox/shops/{shop.id}/orders", body, refusal, rng)
    if done is None:
        return
    made = model.make_order(shop, (done["order"], done["payload"]), amount, text, before)
    expires = instant(done["expires_at"])
    assert timedelta() <= expires - made.expires_at < timedelta(minutes=1), "an order's life"
    made.expires_at, made.by_hand = expires, by_hand
    play.orders.append(made)


async def withdraw_order(play: Play, rng: random.Random) -> None:
    """A shop withdraws an order."""
    if not play.orders:
        return
    order = rng.choice(play.orders)
    play.note(f"{order.shop.name} withdraws {order.id}")
    refusal = {
        "open": None,
        "paying": Refused("payments.order_being_paid"),
        "held": Refused("payments.order_already_paid"),
        "paid": Refused("payments.order_already_paid"),
        "expired": Refused("payments.order_expired"),
        "closed": Refused("payments.order_closed"),
    }[order.seen(play.now())]
    path = f"/sandbox/shops/{order.shop.id}/orders/{order.id}/close"
    done = await play.act(rng.choice(play.active()), path, {}, refusal, rng, status=200)
    if done is not None:
        order.state = "closed"
        play.equal(done["state"], "closed", "an order that was withdrawn")


def _some_order(play: Play, rng: random.Random) -> Order | None:
    recent = [order for order in play.orders if order.seen(play.now()) == "open"]
    pool = recent if recent and rng.random() < 0.85 else play.orders
    return rng.choice(pool) if pool else None


async def pay_order(play: Play, rng: random.Random) -> None:
    """Somebody pays an order from the balance; sometimes at the wrong shop."""
    order = _some_order(play, rng)
    if order is None:
        await ask_for_money(play, rng)
        return
    shop = order.shop if rng.random() < 0.96 else rng.choice(play.shops)
    await pay_from_balance(play, rng.choice(play.active()), shop, order, rng)


async def pay_printed_code(play: Play, rng: random.Random) -> None:
    """Somebody pays by a printed code."""
    await pay_from_balance(play, rng.choice(play.active()), rng.choice(play.shops), None, rng)


async def pay_with_card(play: Play, rng: random.Random) -> None:
    """Somebody pays from a card."""
    payer = rng.choice(play.active())
    if not payer.cards:
        await bind_card(play, rng)
        return
    order = _some_order(play, rng) if rng.random() < 0.7 else None
    shop = order.shop if order else rng.choice(play.shops)
    await pay_by_card(play, payer, shop, order, rng.choice(payer.cards), rng)


async def send(play: Play, rng: random.Random) -> None:
    """Somebody sends money to somebody, hardly ever to themselves."""
    payer = rng.choice(play.active())
    others = [person for person in play.people if person is not payer]
    payee = payer if rng.random() < 0.03 else rng.choice(others)
    await send_money(play, payer, payee, rng)


async def send_by_code(play: Play, rng: random.Random) -> None:
    """Somebody scans a person's code and sends by it."""
    if not play.codes:
        await make_code(play, rng)
        return
    code, payer = rng.choice(play.codes[-6:]), rng.choice(play.active())
    payee = code.owner if rng.random() < 0.95 else rng.choice(play.people)
    await send_money(play, payer, payee, rng, code)


async def make_code(play: Play, rng: random.Random) -> None:
    """Somebody shows a code to be paid by."""
    owner = rng.choice(play.active())
    amount = rng.choice((None, None, 100, rng.randint(1, 9_000)))
    memo = rng.choice(MEMOS[:2])
    play.note(f"{owner.index} shows a code for {amount} {memo!r}")
    now = play.now()
    again = model.receive_code_again(owner, amount, memo, now)
    body = {"memo": memo, "amount": on_wire(amount) if amount else None}
    done = await play.act(owner, "/receive-codes", body, None, rng)
    assert done is not None
    if again is not None:
        play.equal(done["payload"], again.payload, "a receive code that comes again")
        return
    play.equal(
        done["payload"] in {code.payload for code in play.codes}, False, "a new receive code"
    )
    code = ReceiveCode(done["payload"], "", owner, amount, memo, now)
    model.keep_code(owner, code, now)
    code.expires_at = instant(done["expires_at"])
    stranger = next((p for p in play.active() if p is not owner), None)
    if stranger is None:
        return
    reply = await play.browser(stranger).post("/codes/resolve", {"payload": code.payload})
    play.compare(reply, None, 200, "resolve a new receive code")
    code.token = reply.json()["receive_code"]
    play.codes.append(code)


async def fill(play: Play, rng: random.Random) -> None:
    """Somebody tops up."""
    person = rng.choice(play.active())
    if not person.cards:
        await bind_card(play, rng)
        return
    await move_by_card(play, person, "top_up", rng.choice(person.cards), rng)


async def empty(play: Play, rng: random.Random) -> None:
    """Somebody withdraws; now and then with somebody else's card."""
    person = rng.choice(play.active())
    foreign = [card for other in play.people for card in other.cards if other is not person]
    cards = foreign if foreign and rng.random() < 0.05 else person.cards
    if cards:
        await move_by_card(play, person, "withdrawal", rng.choice(cards), rng)


async def bind_card(play: Play, rng: random.Random) -> None:
    """Somebody binds a card: their own or a relative's, right or wrongly told."""
    await play.bank.forget_attempts()
    person = rng.choice(play.active())
    holder = person if rng.random() < 0.8 else rng.choice(play.people)
    kind = rng.choice((CardKind.DEBIT, CardKind.DEBIT, CardKind.CREDIT))
    bank, money = rng.choice(("demo", "farsail")), rng.choice((100, 200_000, 50_000_000))
    known = Holder(holder.name, holder.id_number, holder.phone)
    number = play.bank.world.books.issue(known, bank, kind, money)
    play.note(f"{person.index} binds a {kind} card of {holder.index}")
    told = elements(number, known)
    bound = [card for card in person.cards if card.bound]
    refusal = None
    if person.status == "frozen":
        refusal = Refused("customers.wallet_frozen")
    elif bound and rng.random() < 0.1:
        told["number"] = rng.choice(bound).number
        refusal = Refused("instruments.card_already_bound")
    elif len(bound) >= CARDS_MAX:
        refusal = Refused("instruments.too_many_cards")
    elif rng.random() < 0.1:
        told["name"] += "x"
        refusal = Refused("instruments.details_mismatch")
    begun = await play.act(person, "/cards/bindings", told, refusal, rng, status=202)
    if begun is None:
        return
    path = f"/cards/bindings/{begun['binding']}/confirm"
    code = bank_code(play.bank.world, holder.phone)
    if rng.random() < 0.1:
        wrong = {"code": f"{(int(code) + 1) % 10**6:06d}"}
        await play.act(person, path, wrong, Refused("instruments.code_wrong"), rng)
    done = await play.act(person, path, {"code": code}, None, rng)
    assert done is not None
    shown = done["card"]
    card = Card(shown["card"], number, bank, kind.value, holder, False, False, money)
    rails.bind(person, card)
    play.equal(done["wallet"]["class"], person.wallet_class, "the class after binding a card")


async def remove_card(play: Play, rng: random.Random) -> None:
    """Somebody removes a card."""
    person = rng.choice(play.active())
    if not person.cards:
        return
    card = rng.choice(person.cards)
    play.note(f"{person.index} removes {card.label}")
    refusal = rails.removal_refused(person, card)
    browser = play.browser(person)
    key = {"Idempotency-Key": f"{rng.getrandbits(128):032x}"}
    for _ in range(2):
        reply = await browser.http.delete(f"/api/cards/{card.id}", headers=key)
        play.compare(reply, refusal, 204, "remove a card, and again under the key")
    card.bound = card.bound and refusal is not None


async def prove(play: Play, rng: random.Random) -> None:
    """Somebody proves who they are."""
    person = rng.choice(play.active())
    play.note(f"{person.index} proves their identity")
    await play.bank.forget_attempts()
    refusal = None
    if person.proven:
        refusal = Refused("customers.already_proven")
    elif person.status == "frozen":
        refusal = Refused("customers.wallet_frozen")
    body = {"name": person.name, "id_number": person.id_number, "portrait": PORTRAIT}
    done = await play.act(person, "/upgrades/identity", body, refusal, rng, status=200)
    if done is not None:
        person.proven, person.comparing, person.wallet_class = True, True, 3
        play.equal(done["class"], 3, "the class after proving identity")


async def freeze(play: Play, rng: random.Random) -> None:
    """Somebody freezes their wallet."""
    person = rng.choice(play.active())
    play.note(f"{person.index} freezes")
    await play.act(person, "/wallet/freeze", {}, None, rng, status=200)
    person.status = "frozen"


async def unfreeze(play: Play, rng: random.Random) -> None:
    """Somebody unfreezes: whoever is frozen first."""
    frozen = [person for person in play.active() if person.status == "frozen"]
    person = rng.choice(frozen or play.active())
    play.note(f"{person.index} unfreezes")
    refusal = None if frozen else Refused("customers.wallet_not_frozen")
    given = await play.authorised(person, purpose="unfreeze", payee=person.id, amount=on_wire(0))
    body = {"authorisation": given}
    if await play.act(person, "/wallet/unfreeze", body, refusal, rng, status=200) is not None:
        used(play, person, given)
        person.status = "active"


async def close(play: Play, rng: random.Random) -> None:
    """Somebody wants to close; the last two never do."""
    person = rng.choice(play.active())
    play.note(f"{person.index} closes")
    against = rails.obstacles(person)
    shown = await play.get(person, "/wallet/closing")
    play.equal([each["code"] for each in shown["obstacles"]], against, "what obstructs closing")
    if not against and len(play.active()) <= 2:
        return
    given = await play.authorised(
        person, purpose="close_wallet", payee=person.id, amount=on_wire(0)
    )
    refusal = Refused("customers.closing_obstructed") if against else None
    if person.status == "frozen":
        refusal = Refused("customers.wallet_frozen")
    reply = await play.browser(person).post("/wallet/close", {"authorisation": given})
    play.compare(reply, refusal, 200, "close a wallet")
    if refusal is None:
        person.status = "closed"
        await play.get(person, "/wallet", refused=Refused("identity.signed_out"))


async def wrong_pin(play: Play, rng: random.Random) -> None:
    """Somebody mistypes the PIN, but not so often that it locks."""
    person = rng.choice(play.active())
    if person.pin_tries >= PIN_TRIES - 2:
        return
    person.pin_tries += 1
    play.note(f"{person.index} mistypes the PIN")
    reply = await play.browser(person).authorise(pin="135791")
    left = PIN_TRIES - person.pin_tries
    play.compare(reply, Refused("identity.pin_wrong", {"tries_left": left}), 0, "a wrong PIN")


async def move_clock(play: Play, rng: random.Random) -> None:
    """Time passes: minutes, hours, days, or until shortly before midnight."""
    now = play.now()
    by = timedelta(minutes=rng.choice(CLOCK_STEPS))
    if rng.random() < 0.3:
        by = midnight_after(now) - timedelta(minutes=5) - now
        by = timedelta(seconds=max(0, int(by.total_seconds())))
    play.note(f"clock {by}")
    who = rng.choice(play.active())
    body = {"advance_s": int(by.total_seconds())}
    reply = await play.browser(who).post("/sandbox/clock", body)
    play.compare(reply, None, 200, "move the clock")
    play.bank.ahead += by
    shown = instant(reply.json()["business_time"])
    assert abs(shown - play.now()) < timedelta(seconds=5), f"{shown} is not {play.now()}"
    play.note(f"  it is {day_of(shown)} {shown.astimezone(SHANGHAI):%H:%M} in Shanghai")


async def run_worker(play: Play, rng: random.Random) -> None:
    """The worker runs for a while: events only, or the resolver as well."""
    waiting = [
        each for person in play.people for each in person.operations if each.state == "pending"
    ]
    if rng.random() < 0.4:
        play.note("the worker delivers")
        await play.bank.deliver()
        await finish_all(play, [each for each in waiting if each.answered])
    else:
        play.note(f"the worker resolves {len(waiting)}")
        await play.bank.resolve()
        await finish_all(play, waiting)
    deposits.follow(play.deposits)
    for person in play.people:
        if person.comparing:
            rails.compare_cards(person)


async def shut_shop(play: Play, rng: random.Random) -> None:
    """A shop closes, or opens again."""
    shop = rng.choice(play.shops)
    shop.closed = not shop.closed and rng.random() < 0.5
    play.note(f"{shop.name} is {'shut' if shop.closed else 'open'}")
    await play.bank.owner.execute(
        "UPDATE merchants_stores SET state = $2 WHERE static_code = $1",
        await play.bank.owner.fetchval(
            "SELECT static_code FROM merchants_stores AS s JOIN merchants_merchants AS m"
            " ON m.id = s.merchant_id WHERE m.account_number = $1",
            shop.account,
        ),
        "closed" if shop.closed else "open",
    )


async def replay_old(play: Play, rng: random.Random) -> None:
    """Something sent long ago is sent again."""
    live = {play.browser(person).customer for person in play.active()}
    sent = [each for each in play.sent if each.browser.customer in live]
    if not sent:
        return
    chosen = rng.choice(sent)
    play.note(f"again: POST {chosen.path} of {chosen.browser.phone}")
    await (play.replay if rng.random() < 0.7 else play.spoil)(chosen)


async def pry(play: Play, rng: random.Random) -> None:
    """Somebody asks for what is another's, or nobody's."""
    person = rng.choice(play.active())
    others = [other for other in play.people if other is not person]
    other = rng.choice(others)
    named: list[tuple[str, str, str]] = [
        ("/history", wire("mov", new_id()), "ledger.movement_not_found"),
        ("/payments", wire("pay", new_id()), "payments.payment_not_found"),
    ]
    own = {line.movement for line in person.lines}
    named += [
        ("/history", line.movement, "ledger.movement_not_found")
        for line in other.lines
        if line.movement not in own
    ]
    named += [("/payments", each.id, "payments.payment_not_found") for each in other.payments]
    named += [
        ("/transfers", line.reference, "transfers.transfer_not_found") for line in other.transfers
    ]
    paths = {"top_up": "/top-ups", "withdrawal": "/withdrawals"}
    named += [
        (paths[each.kind], each.id, "transfers.card_transfer_not_found")
        for each in other.operations
        if each.kind in paths
    ]
    path, name, code = rng.choice(named)
    play.note(f"{person.index} asks for {path}/{name}")
    await play.get(person, f"{path}/{name}", refused=Refused(code))


def _look(check: Callable[[Play, Person, random.Random], object]) -> Step:
    async def look(play: Play, rng: random.Random) -> None:
        person = rng.choice(play.active())
        play.note(f"{person.index} looks at {check.__name__}")
        await check(play, person, rng)  # type: ignore[misc]  # each check is a coroutine

    look.__name__ = check.__name__
    return look


STEPS: Final[tuple[tuple[Step, int], ...]] = (
    (ask_for_money, 6), (withdraw_order, 2), (pay_order, 12), (pay_printed_code, 7),
    (pay_with_card, 7), (send, 12), (send_by_code, 5), (make_code, 4), (fill, 13), (empty, 7),
    (bind_card, 5), (remove_card, 1), (prove, 3), (freeze, 2), (unfreeze, 3), (close, 1),
    (wrong_pin, 1),
    (take_held, 5), (let_go, 2), (give_back, 6), (_look(see_held), 2), (move_clock, 7),
    (run_worker, 7), (shut_shop, 1), (replay_old, 4), (pry, 3),
    (_look(checks.history), 9), (_look(checks.limits), 3), (_look(checks.would_pass), 4),
    (_look(checks.cards), 1), (_look(checks.pending), 2), (_look(checks.payees), 2),
    (_look(checks.codes), 4), (_look(checks.details), 3),
)  # fmt: skip
