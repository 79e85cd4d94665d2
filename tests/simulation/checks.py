"""Every list, filter and page of the public API, held against the model."""

import random
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from simulation import model
from simulation.figures import (
    CAPS,
    RECENT_MAX,
    SHANGHAI,
    day_of,
    masked_name,
    masked_phone,
    midnight_after,
)
from simulation.model import Line, Operation, Person, ReceiveCode, Refused
from simulation.play import Json, Play

KINDS: Final = ("payment", "transfer", "top_up", "withdrawal", "refund", "fee")
WORDS: Final = (
    "测试",
    "noodle",
    "ea & c",
    "午饭",
    "139*",
    "*",
    "demo bank",
    "%",
    "_",
    "ärger",
    "x",
)


def _money(amount: int | None) -> Json | None:
    return None if amount is None else {"value": amount, "currency": "CNY"}


async def wallet(play: Play, person: Person, _rng: random.Random | None = None) -> None:
    """The wallet and the money in it."""
    shown = await play.get(person, "/wallet")
    play.equal(
        {name: shown[name] for name in _WALLET},
        {
            "customer": person.id,
            "class": person.wallet_class,
            "status": person.status,
            "balance": _money(person.balance),
            "available": _money(person.available),
            "held": _money(person.held),
            "name_masked": masked_name(person.name) if person.proven else None,
            "phone_masked": masked_phone(person.phone),
            "interest": person.wallet_class < 4,
        },
        f"the wallet of {person.index}",
    )


_WALLET: Final = (
    "customer", "class", "status", "balance", "available", "held", "name_masked", "phone_masked",
    "interest",
)  # fmt: skip


def _entry(line: Line) -> Json:
    return {
        "movement": line.movement,
        "kind": line.kind,
        "direction": line.direction,
        "amount": _money(line.amount),
        "counterparty": line.counterparty,
        "memo": line.memo,
        "at": line.at.isoformat().replace("+00:00", "Z"),
        "balance_after": _money(line.balance_after),
        "shop": line.shop and {"name": line.shop.name, "name_zh": line.shop.name_zh},
    }


def _filters(person: Person, rng: random.Random) -> Json:
    """Some filters, mostly such that something is left."""
    some = rng.choice(person.lines) if person.lines else None
    wanted: Json = {}
    if rng.random() < 0.25:
        wanted["kind"] = some.kind if some and rng.random() < 0.7 else rng.choice(KINDS)
    if rng.random() < 0.25:
        wanted["direction"] = rng.choice(("in", "out"))
    if rng.random() < 0.25:
        wanted["min"] = some.amount + rng.choice((0, 1)) if some else rng.randint(0, 100)
    if rng.random() < 0.25:
        wanted["max"] = some.amount - rng.choice((0, 0, 1)) if some else 100
    if rng.random() < 0.2 and some:
        wanted["from"] = day_of(some.at) + timedelta(days=rng.choice((0, 0, 1)))
    if rng.random() < 0.2 and some:
        wanted["to"] = day_of(some.at) - timedelta(days=rng.choice((0, 0, 1)))
    if rng.random() < 0.3:
        text = (some.counterparty if rng.random() < 0.6 else some.memo) if some else ""
        at = rng.randrange(max(1, len(text)))
        cut = text[at : at + rng.randint(1, 6)].strip()
        wanted["q"] = rng.choice((cut, cut.swapcase(), rng.choice(WORDS))) or "x"
    return wanted


def _passes(line: Line, wanted: Json) -> bool:
    day: date = line.at.astimezone(SHANGHAI).date()
    text = f"{line.counterparty}\n{line.memo}".lower()
    return (
        wanted.get("kind", line.kind) == line.kind
        and wanted.get("direction", line.direction) == line.direction
        and wanted.get("min", line.amount) <= line.amount <= wanted.get("max", line.amount)
        and wanted.get("from", day) <= day <= wanted.get("to", day)
        and wanted.get("q", "").lower() in text
    )


async def history(play: Play, person: Person, rng: random.Random) -> None:
    """All pages under some filters: nothing is skipped, repeated or out of order."""
    wanted = _filters(person, rng)
    expected = [_entry(line) for line in reversed(person.lines) if _passes(line, wanted)]
    limit = rng.choice((1, 2, 3, 7, 100))
    play.note(f"  history with {wanted}, {limit} a page: {len(expected)} lines")
    found: list[Json] = []
    cursor: str | None = None
    for _ in range(len(expected) // limit + 2):
        asked = {**wanted, "limit": limit, **({"cursor": cursor} if cursor else {})}
        page = await play.get(person, f"/history?{urlencode(asked)}")
        found += page["entries"]
        cursor = page["next"]
        if cursor is None:
            break
        play.equal(len(page["entries"]), limit, "a page before the last is full")
    play.equal(cursor, None, "where the history ends")
    play.equal(found, expected, f"the history of {person.index} with {wanted}")
    await _bad_cursor(play, person, rng)


async def _bad_cursor(play: Play, person: Person, rng: random.Random) -> None:
    """A cursor of somebody else, or one that was changed, leads nowhere."""
    page = await play.get(person, "/history?limit=1")
    if page["next"] is None:
        return
    refusal = Refused("request.invalid_cursor")
    others = [other for other in play.active() if other is not person]
    if others:
        query = urlencode({"cursor": page["next"]})
        await play.get(rng.choice(others), f"/history?{query}", refused=refusal)
    changed = ("A" if page["next"][10] != "A" else "B").join((page["next"][:10], page["next"][11:]))
    await play.get(person, f"/history?{urlencode({'cursor': changed})}", refused=refusal)


async def details(play: Play, person: Person, rng: random.Random) -> None:
    """One movement with its receipt, and the act that it belongs to."""
    if not person.lines:
        return
    line = rng.choice(person.lines)
    shown = await play.get(person, f"/history/{line.movement}")
    receipt = shown.pop("receipt")
    out = line.direction == "out"
    play.equal(shown, {**_entry(line), "reference": line.reference}, "a movement")
    funding = None
    if line.funding is not None:
        card = None if line.funding == "balance" else line.funding
        funding = {"kind": "card" if card else "balance", "card": card}
    number = receipt.pop("number")
    assert number.startswith(f"{day_of(line.at):%Y%m%d}"), number
    play.equal(
        receipt,
        {
            "payer": line.own_label if out else line.counterparty,
            "payee": line.counterparty if out else line.own_label,
            "amount": _money(line.amount),
            "kind": line.kind,
            "at": _entry(line)["at"],
            "memo": line.memo,
            "funding": funding,
            "order": line.order,
        },
        "a receipt",
    )
    if line.kind == "payment" and line.funding == "balance":
        paid = await play.get(person, f"/payments/{line.reference}")
        play.equal(
            (
                paid["state"],
                paid["movement"],
                paid["amount"],
                paid["order"],
                paid["receipt_number"],
            ),
            ("succeeded", line.movement, _money(line.amount), line.order, number),
            "a payment",
        )
    if line.kind == "transfer" and out:
        sent = await play.get(person, f"/transfers/{line.reference}")
        play.equal(
            (sent["movement"], sent["amount"], sent["memo"]),
            (line.movement, _money(line.amount), line.memo),
            "a transfer",
        )


async def limits(play: Play, person: Person, _rng: random.Random) -> None:
    """Every cap with what is used and left of it."""
    now = play.now()
    shown = await play.get(person, "/limits")
    caps = CAPS[person.wallet_class]
    figures = {
        "per_payment": (caps.per_payment, None),
        "day": (caps.day, person.spent("day", now)),
        "year": (caps.year, person.spent("year", now)),
        "balance": (caps.balance, person.balance + person.arriving),
        **{name: (cap, person.spent(name, now)) for name, cap in model.CODE_CAPS.values()},
    }
    play.equal(
        {each["limit"]: (each["cap"], each["used"], each["left"]) for each in shown["limits"]},
        {
            name: (
                _money(cap),
                _money(used),
                None if cap is None else _money(max(0, cap - (used or 0))),
            )
            for name, (cap, used) in figures.items()
        },
        f"the limits of {person.index}",
    )
    resets = {each["limit"]: each["resets_at"] for each in shown["limits"]}
    ends = midnight_after(now).astimezone(now.tzinfo).isoformat().replace("+00:00", "Z")
    play.equal((resets["day"], resets["static_code_day"]), (ends, ends), "when days end")
    play.equal((shown["day"], shown["class"]), (str(day_of(now)), person.wallet_class), "today")


async def would_pass(play: Play, person: Person, rng: random.Random) -> None:
    """The question whether the limits would let something pass."""
    asked = rng.choice(("payment", "static_payment", "transfer", "withdrawal", "top_up"))
    act = {"static_payment": "static"}.get(asked, asked)
    now = play.now()
    edges = [left for _, left in model.limits_left(person, act, now)]
    if asked == "top_up":
        edges = [CAPS[person.wallet_class].balance - person.balance - person.arriving]
    amount = max(1, rng.choice(edges) + rng.choice((-1, 0, 1)))
    body = {"act": asked, "amount": _money(amount)}
    reply = await play.browser(person).post("/limits/check", body)
    play.compare(reply, None, 200, "the question after a limit")
    if asked == "top_up":
        full = model.credit_refused(person, amount)
        refusal = Refused("customers.balance_cap_exceeded") if full else None
    else:
        refusal = model.spending_refused(person, act, amount, now)
    shown = reply.json()["refusal"]
    play.equal(shown and shown["code"], refusal and refusal.code, f"would {asked} {amount} pass")


async def cards(play: Play, person: Person, _rng: random.Random) -> None:
    """The bound cards, the newest first."""
    shown = await play.get(person, "/cards")
    play.equal(
        [(c["card"], c["kind"], c["last4"], c["own_name"], set(c["can"])) for c in shown["cards"]],
        [
            (card.id, card.kind, card.number[-4:], card.own_name, card.can)
            for card in reversed(person.cards)
            if card.bound
        ],
        f"the cards of {person.index}",
    )


def _shown_operation(operation: Operation) -> tuple[object, ...]:
    return operation.id, operation.kind, operation.state, _money(operation.amount)


async def pending(play: Play, person: Person, rng: random.Random) -> None:
    """What is not certain yet; and any operation with a card, as it stands."""
    shown = (await play.get(person, "/card-transfers?state=pending"))["card_transfers"]
    expected = [
        _shown_operation(each)
        for each in reversed(person.operations)
        if each.kind != "payment" and each.state == "pending"
    ]
    play.equal(
        [(each["id"], each["kind"], each["state"], each["amount"]) for each in shown],
        expected,
        f"what is pending for {person.index}",
    )
    if not person.operations:
        return
    one = rng.choice(person.operations)
    paths = {"top_up": "/top-ups", "withdrawal": "/withdrawals", "payment": "/payments"}
    found = await play.get(person, f"{paths[one.kind]}/{one.id}")
    play.equal(
        (found["state"], found["amount"], found["movement"], found["decline"] is not None),
        (one.state, _money(one.amount), one.movement, one.state == "declined"),
        f"{one.kind} {one.id}",
    )


async def payees(play: Play, person: Person, rng: random.Random) -> None:
    """Whom one sent money to, the latest first; and who is found by a number."""
    shown = (await play.get(person, "/payees/recent"))["payees"]
    known = sorted(person.payees.items(), key=lambda each: each[1].last_at, reverse=True)
    expected = [
        (play.people[index].id, each.last_at.isoformat().replace("+00:00", "Z"))
        for index, each in known[:RECENT_MAX]
        if play.people[index].status != "closed"
    ]
    play.equal(
        [(each["payee"], each["last_at"]) for each in shown],
        expected,
        f"the payees of {person.index}",
    )
    other = rng.choice(play.people)
    refusal = Refused("transfers.payee_not_found") if other.status == "closed" else None
    if other is person:
        refusal = Refused("transfers.self_transfer")
    reply = await play.browser(person).post("/payees/lookup", {"phone": other.phone})
    play.compare(reply, refusal, 200, "look up a payee")
    if refusal is None:
        found = reply.json()
        play.equal(
            (found["payee"], found["name_masked"], found["phone_masked"], found["first_time"]),
            (
                other.id,
                masked_name(other.name) if other.proven else None,
                masked_phone(other.phone),
                other.index not in person.payees,
            ),
            "a payee that was looked up",
        )


async def codes(play: Play, person: Person, rng: random.Random) -> None:
    """What a scanned code leads to: a printed one, an order's, a person's."""
    now = play.now()
    scanned: list[tuple[str, Refused | None, str]] = []
    for shop in play.shops:
        refusal = model.target_refused(person, shop, None, 0, now)
        scanned.append((shop.static_payload, refusal, shop.id))
    for order in play.orders[-5:]:
        refusal = model.target_refused(person, order.shop, order, order.amount, now)
        scanned.append((order.payload, refusal, order.shop.id))
    scanned += [_personal(person, code, play) for code in play.codes[-3:]]
    payload, refusal, payee = rng.choice(scanned)
    reply = await play.browser(person).post("/codes/resolve", {"payload": payload})
    play.compare(reply, refusal, 200, f"resolve {payload}")
    if refusal is None:
        play.equal(reply.json()["payee"]["payee"], payee, "whom a code leads to")


def _personal(person: Person, code: ReceiveCode, play: Play) -> tuple[str, Refused | None, str]:
    refusal = model.code_refused(code, code.owner, None, play.now())
    if refusal is None and code.owner is person:
        refusal = Refused("transfers.self_transfer")
    if refusal is None and code.owner.status == "closed":
        refusal = Refused("transfers.payee_not_found")
    return code.payload, refusal, code.owner.id


async def everything(play: Play, rng: random.Random) -> None:
    """All of it, for everybody who is signed in; then the books behind it."""
    for person in play.active():
        await wallet(play, person)
        for check in (history, limits, cards, pending, payees, details):
            await check(play, person, rng)
    for shop in play.shops:
        found = await play.bank.account_balance(shop.account)
        play.equal(found, shop.balance, f"what {shop.name} is owed")
