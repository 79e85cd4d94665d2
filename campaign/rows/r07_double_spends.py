"""R7: money for one, fifty who spend it at once, each in a session of his own."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from campaign import invariants
from campaign.bank import Bank, Shape, running_bank
from campaign.client import Json, Reply, money, new_key
from campaign.people import Person, bind_debit_card, settle_in
from campaign.plan import Counts, Plan, Row, RowResult
from campaign.storms import LATER, Seat, Terms, at_once, authorise, seats
from tael import ledger, merchants, payments
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.kernel.money import CNY, Money

RACERS: Final = 50
ENDPOINTS: Final = (
    "orders", "static", "transfer", "withdrawal", "limit", "one order", "capture", "refund",
)  # fmt: skip
"""What is raced at; `limit` has money for all and a day's cap for one, `one order` an order."""

ROW: Final = Row(
    "R7",
    goal="balance for one, 50 parallel spends over separate sessions: exactly one",
    unit="races",
    attempts=Counts(ci=200 * len(ENDPOINTS), release=5_000 * len(ENDPOINTS)),
    budget_s=Counts(ci=200, release=28_800),
)
MINOR: Final = 30_000
"""Two of these are above the 500.00 that a day allows by printed codes."""
CONTROL: Final = (
    "the planted bugs lost_wallet_lock, limit_not_counted, capture_twice and"
    " authorisation_used_again are what this row is against (row Q1)"
)
REFUSED: Final = {
    "orders": {"ledger.insufficient_funds"},
    "static": {"ledger.insufficient_funds", "customers.limit_exceeded"},
    "transfer": {"ledger.insufficient_funds"},
    "withdrawal": {"ledger.insufficient_funds", "transfers.same_amount_pending"},
    "limit": {"customers.limit_exceeded"},
    "one order": {"payments.order_already_paid"},
    "capture": {"ledger.hold_not_open", "payments.payment_not_held"},
    "refund": {"payments.refund_exceeds_payment"},
}
"""How those who come second may be refused; any other answer is a failure."""


@dataclass(slots=True)
class Track:
    """Where the races are run."""

    bank: Bank
    payer: Person
    payee: Person
    seats: list[Seat]
    card: str
    store: str

    async def have(self, minor: int) -> None:
        """Let the payer have exactly this, out of suspense."""
        number = ledger.AccountNumber(self.payer.account)
        async with self.bank.database.write() as session:
            now = await business_now(session)
            book = await ledger.lock(session, [ledger.SUSPENSE, number], now=now)
            more = minor - book.balance(number).minor
            if more:
                sides = (ledger.SUSPENSE, number) if more > 0 else (number, ledger.SUSPENSE)
                book.post(
                    ledger.Movement(
                        id=ledger.MovementId(ids.new_id()),
                        kind=ledger.MovementKind.ADJUSTMENT,
                        postings=(ledger.Posting(*sides, Money(abs(more), CNY)),),
                        reference=ids.new_id(),
                        payer_label="campaign",
                        payee_label="wallet",
                        memo="",
                        at=now,
                    )
                )
                await ledger.write(session, book)

    async def tomorrow(self) -> None:
        """Let a day pass, so that no cap of yesterday is in the way."""
        async with self.bank.database.write() as session:
            await session.execute(
                "UPDATE kernel_business_clock SET ahead = ahead + $1", timedelta(days=1)
            )

    async def orders(self, count: int, *, by_hand: bool = False) -> list[str]:
        """So many orders of the shop, each for the same amount."""
        made = []
        async with self.bank.database.write() as session:
            now = await business_now(session)
            for _ in range(count):
                name = payments.OrderId(ids.new_id())
                new = payments.NewOrder(
                    id=name,
                    store_id=merchants.StoreId(ids.parse("sto", self.store)),
                    amount=Money(MINOR, CNY),
                    description="race",
                    token=name.hex.upper(),
                    life=payments.ORDER_LIFE_DEFAULT,
                    capture=payments.Capture.MANUAL if by_hand else payments.Capture.AUTOMATIC,
                )
                await payments.open_order(session, new, now=now)
                made.append(ids.wire("ord", name))
        return made

    async def balance(self) -> int:
        """What the payer has."""
        async with self.bank.database.read() as session:
            found: int = await session.fetchval(
                "SELECT balance FROM ledger_accounts WHERE currency = 'CNY' AND number = $1",
                self.payer.account,
            )
        return found

    async def agreed(self, terms: list[Terms]) -> list[str]:
        """An authorisation in each session."""
        return await authorise(self.bank, self.payer, self.seats[: len(terms)], terms)

    async def paid(self, *, by_hand: bool) -> str:
        """One payment of the payer's: held for the shop, or done."""
        await self.have(MINOR)
        [order] = await self.orders(1, by_hand=by_hand)
        [given] = await self.agreed([Terms("payment", self.store, MINOR, order)])
        body = _payment(self.store, order, given)
        caller = self.seats[0].caller
        reply, _ = await caller.settle("POST", "/payments", body, key=new_key(), within_s=30)
        assert reply.ok, reply.body
        return str(reply.json()["payment"])


def _payment(store: str, order: str | None, given: str) -> Json:
    return {
        "payee": store,
        "order": order,
        "amount": money(MINOR),
        "authorisation": given,
        "funding": {"kind": "balance"},
    }


async def _pay(track: Track, orders: list[str | None]) -> list[bytes]:
    terms = [Terms("payment", track.store, MINOR, order or "") for order in orders]
    given = await track.agreed(terms)
    return _requests(
        track,
        "/payments",
        [_payment(track.store, *each) for each in zip(orders, given, strict=True)],
    )


async def _orders(track: Track) -> list[bytes]:
    await track.have(MINOR)
    return await _pay(track, list(await track.orders(RACERS)))


async def _one_order(track: Track) -> list[bytes]:
    await track.have(MINOR * 10)
    [order] = await track.orders(1)
    return await _pay(track, [order] * RACERS)


async def _static(track: Track) -> list[bytes]:
    await track.have(MINOR)
    return await _pay(track, [None] * RACERS)


async def _limit(track: Track) -> list[bytes]:
    await track.have(MINOR * RACERS)
    return await _pay(track, [None] * RACERS)


async def _transfer(track: Track) -> list[bytes]:
    await track.have(MINOR)
    to = track.payee.customer
    given = await track.agreed([Terms("transfer", to, MINOR)] * RACERS)
    bodies = [
        {"payee": to, "amount": money(MINOR), "memo": "", "authorisation": each} for each in given
    ]
    return _requests(track, "/transfers", bodies)


async def _withdrawal(track: Track) -> list[bytes]:
    await track.have(MINOR)
    given = await track.agreed([Terms("withdrawal", track.card, MINOR)] * RACERS)
    bodies = [{"card": track.card, "amount": money(MINOR), "authorisation": each} for each in given]
    return _requests(track, "/withdrawals", bodies)


async def _capture(track: Track) -> list[bytes]:
    payment = await track.paid(by_hand=True)
    path = f"/sandbox/payments/{payment}/captures"
    return _requests(track, path, [{"amount": money(MINOR), "final": False}] * RACERS)


async def _refund(track: Track) -> list[bytes]:
    payment = await track.paid(by_hand=False)
    path = f"/sandbox/payments/{payment}/refunds"
    return _requests(track, path, [{"amount": money(MINOR), "reason": "race"}] * RACERS)


_RACES: Final[dict[str, Callable[[Track], Awaitable[list[bytes]]]]] = {
    "orders": _orders,
    "static": _static,
    "transfer": _transfer,
    "withdrawal": _withdrawal,
    "limit": _limit,
    "one order": _one_order,
    "capture": _capture,
    "refund": _refund,
}
_LEFT: Final = {
    "orders": 0,
    "static": 0,
    "transfer": 0,
    "withdrawal": 0,
    "limit": MINOR * (RACERS - 1),
    "one order": MINOR * 9,
    "capture": 0,
    "refund": MINOR,
}
"""What the payer has after the race."""


def _requests(track: Track, path: str, bodies: list[Json]) -> list[bytes]:
    return [
        seat.caller.request("POST", path, body, key=new_key())
        for seat, body in zip(track.seats, bodies, strict=True)
    ]


async def run(plan: Plan) -> RowResult:
    """A race at one endpoint after the other, in two processes; then the books."""
    seen: Counter[str] = Counter()
    async with running_bank(plan.folder / "bank", Shape(api=2)) as bank:
        track: Track | None = None
        for attempt in plan.attempts():
            if track is None or attempt.number % RACES_A_TRACK == 0:
                track = await _track(bank)
            endpoint = ENDPOINTS[attempt.number % len(ENDPOINTS)]
            failures = await race(track, endpoint)
            if attempt.number % CHECKED_EVERY == 0 or attempt.number == plan.wanted:
                failures += await invariants.quiet(bank) + await invariants.books(bank)
            seen[endpoint] += 1
            plan.record(attempt, operations=RACERS, failures=failures)
    return plan.result(
        control=CONTROL, figures={"races": ", ".join(f"{n} × {at}" for at, n in seen.items())}
    )


RACES_A_TRACK: Final = 400
"""A payer's payees and payments grow: another payer now and then."""
CHECKED_EVERY: Final = 200


async def _track(bank: Bank) -> Track:
    [payer, payee] = await settle_in(bank, 2)
    card = await bind_debit_card(payer)
    await bind_debit_card(payee)  # Class 2, to take what comes.
    store = (await payer.get("/sandbox/shops"))["shops"][0]["store"]
    return Track(bank, payer, payee, await seats(bank, payer, RACERS), card, store)


async def race(track: Track, endpoint: str) -> list[str]:
    """One race: what is wrong about it."""
    await track.tomorrow()
    requests = await _RACES[endpoint](track)
    replies = await at_once(track.bank.addresses, requests)
    replies = [
        await _insisted(track.bank, request, reply)
        for request, reply in zip(requests, replies, strict=True)
    ]
    done = [reply for reply in replies if reply.ok]
    refused = Counter(reply.code for reply in replies if not reply.ok)
    failures = []
    if len(done) != 1:
        failures.append(f"{endpoint}: {len(done)} of {RACERS} were served, refused {refused}")
    if set(refused) - REFUSED[endpoint]:
        failures.append(f"{endpoint}: refused {refused}")
    left = await track.balance()
    if left != _LEFT[endpoint]:
        failures.append(f"{endpoint}: {left} fen are left, not {_LEFT[endpoint]}")
    return failures


async def _insisted(bank: Bank, request: bytes, reply: Reply) -> Reply:
    for _ in range(100):
        if reply.code not in LATER:
            break
        [reply] = await at_once(bank.addresses, [request])
    return reply
