"""R6: one key a hundred times at once: fifty alike, fifty that differ by one octet."""

import asyncio
from collections import Counter
from typing import Any, Final

from campaign import invariants
from campaign.bank import Bank, Shape, running_bank
from campaign.client import Json, Reply, money, new_key
from campaign.people import Person, bind_debit_card, settle_in
from campaign.plan import Attempt, Counts, Plan, Row, RowResult
from campaign.storms import LATER, Seat, Terms, at_once, authorise, seats

ROW: Final = Row(
    "R6",
    goal="50 identical and 50 with one octet changed, under one key at once: one posting",
    unit="storms",
    attempts=Counts(ci=200, release=10_000),
    budget_s=Counts(ci=80, release=7_200),
)
ALIKE: Final = 50
ACTS: Final = ("transfer", "static", "top_up", "withdrawal", "order", "code", "language")
MINOR: Final = 7
TRIES: Final = 100
PAUSE_S: Final = 0.1
CONTROL: Final = (
    "the planted bug key_of_another_request answers all 100 alike and is told here (row Q1 too)"
)


async def run(plan: Plan) -> RowResult:
    """A storm at one operation after the other, in two processes; then the books."""
    seen: Counter[str] = Counter()
    async with running_bank(plan.folder / "bank", Shape(api=2)) as bank:
        [alice, bob] = await settle_in(bank, 2)
        card = await bind_debit_card(alice)
        store = (await alice.get("/sandbox/shops"))["shops"][0]["store"]
        [seat] = await seats(bank, alice, 1)
        last: Attempt | None = None
        for attempt in plan.attempts():
            act = ACTS[attempt.number % len(ACTS)]
            named = {"bob": bob.customer, "card": card, "store": store}
            failures = await storm(bank, alice, seat, act, named)
            seen[act] += 1
            last = attempt
            plan.record(attempt, operations=2 * ALIKE, failures=failures)
        if last is not None:
            failures = await invariants.quiet(bank) + await invariants.books(bank)
            plan.record(last, operations=2 * ALIKE, failures=failures)
    return plan.result(
        control=CONTROL, figures={"storms": ", ".join(f"{n} × {act}" for act, n in seen.items())}
    )


async def storm(
    bank: Bank, alice: Person, seat: Seat, act: str, named: dict[str, str]
) -> list[str]:
    """One storm: what is wrong about it."""
    path, body = await _asked(bank, alice, seat, act, named)
    key, before = new_key(), await _state(bank, alice)
    alike = seat.caller.request("POST", path, body, key=key)
    asked = [each for two in zip([alike] * ALIKE, changed(alike), strict=True) for each in two]
    replies = await at_once(bank.addresses, asked)
    settled = [
        await insisted(bank, request, reply) for request, reply in zip(asked, replies, strict=True)
    ]
    failures = []
    done = {reply.body for reply in settled if reply.ok}
    refused = Counter(reply.code for reply in settled if not reply.ok)
    if len(done) != 1:
        failures.append(f"{act}: {len(done)} different answers to one key, refused {refused}")
    if set(refused) - {"request.key_reused"}:
        failures.append(f"{act}: refused {refused}")
    after = await _state(bank, alice)
    if act in MOVES and after[0] - before[0] != 1:
        failures.append(f"{act}: {after[0] - before[0]} postings, {after} after {before}")
    if act in MOVES and abs(after[1] - before[1]) != MINOR:
        failures.append(f"{act}: the balance moved by {after[1] - before[1]}")
    return failures


MOVES: Final = frozenset({"transfer", "static", "top_up", "withdrawal"})


def changed(request: bytes) -> list[bytes]:
    """The same request with one more blank, each time at another place while there are any."""
    head, _, content = request.partition(b"\r\n\r\n")
    length = b"Content-Length: %d" % len(content)
    assert length in head
    longer = head.replace(length, b"Content-Length: %d" % (len(content) + 1))
    places = [at + 1 for at, octet in enumerate(content) if octet in b",{"]
    found = [content[:at] + b" " + content[at:] for at in places]
    return [longer + b"\r\n\r\n" + found[number % len(found)] for number in range(ALIKE)]


async def insisted(bank: Bank, request: bytes, reply: Reply) -> Reply:
    """A reply for good: who is told to ask again sends the same octets."""
    for _ in range(TRIES):
        if reply.code not in LATER:
            return reply
        await asyncio.sleep(PAUSE_S)
        [reply] = await at_once(bank.addresses, [request])
    return reply


async def _asked(
    bank: Bank, alice: Person, seat: Seat, act: str, named: dict[str, str]
) -> tuple[str, Json]:
    async def agreed(purpose: str, payee: str) -> str:
        [given] = await authorise(bank, alice, [seat], [Terms(purpose, payee, MINOR)])
        return given

    amount: dict[str, Any] = money(MINOR)
    match act:
        case "transfer":
            given = await agreed("transfer", named["bob"])
            return "/transfers", {
                "payee": named["bob"], "amount": amount, "memo": "", "authorisation": given,
            }  # fmt: skip
        case "static":
            given = await agreed("payment", named["store"])
            return "/payments", {
                "payee": named["store"], "order": None, "amount": amount,
                "authorisation": given, "funding": {"kind": "balance"},
            }  # fmt: skip
        case "top_up" | "withdrawal":
            given = await agreed(act, named["card"])
            path = {"top_up": "/top-ups", "withdrawal": "/withdrawals"}[act]
            return path, {"card": named["card"], "amount": amount, "authorisation": given}
        case "order":
            return f"/sandbox/shops/{named['store']}/orders", {
                "amount": amount, "description": "tea",
            }  # fmt: skip
        case "code":
            return "/receive-codes", {"amount": amount, "memo": new_key()[:8]}
        case _:
            return "/wallet/language", {"language": "en"}


async def _state(bank: Bank, person: Person) -> tuple[int, int]:
    """How often money moved, and what the person has."""
    async with bank.database.read() as session:
        row = await session.fetchrow(
            """
            SELECT (SELECT count(*) FROM ledger_movements) AS movements, balance
            FROM ledger_accounts
            WHERE currency = 'CNY' AND number = $1
            """,
            person.account,
        )
    assert row is not None
    return row["movements"], row["balance"]
