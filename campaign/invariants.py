"""I1 to I16 of the scorecard, asked of a bank after faults: each answer a list of failures.

What the clients were told is compared with what the bank holds: the books by the auditor, every
acknowledged act by its id and content, every balance by the clients' own arithmetic.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from uuid import UUID

import asyncpg

from campaign.bank import Bank
from campaign.client import Json, NeverSettled, Unanswered
from campaign.load import Act, Ledger, Operation
from tael import auditor, ledger
from tael.kernel import ids
from tael.kernel.database import DatabaseUnusable, ReadSession, WriteSession

LIVENESS_S: Final = 30.0
"""I16: when faults stop, nothing stays open for longer."""
REPLAYS: Final = 60
PAGED: Final = 4
_SHOWN: Final = 5
_POLL_S: Final = 0.25
_LOST: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


async def check_all(
    bank: Bank, told: Ledger, *, within_s: float = LIVENESS_S, clock_went_back: bool = False
) -> list[str]:
    """Everything, after the faults have stopped and the load has ended."""
    failures = [f"I16 no definite answer: {each}" for each in told.unsettled]
    failures += [f"I7 strange answer: {each}" for each in told.strange]
    failures += await quiet(bank, within_s=within_s)
    failures += await learn_outcomes(told)
    failures += await books(bank, clock_went_back=clock_went_back)
    failures += await acknowledged(bank, told)
    failures += await balances(bank, told)
    failures += await replays(told)
    failures += await pages(told)
    failures += await entries_refuse_change(bank)
    failures += await outside_agrees(bank)
    return failures


_OPEN: Final = """
    SELECT
        (SELECT count(*) FROM rails_operations WHERE finished_at IS NULL) AS operations,
        (SELECT count(*) FROM transfers_card_transfers WHERE state = 'pending') AS card_transfers,
        (SELECT count(*) FROM payments_payments WHERE state = 'pending') AS payments,
        (SELECT count(*) FROM payments_orders WHERE state = 'paying') AS orders_being_paid,
        (SELECT count(*) FROM ledger_holds WHERE state = 'pending') AS holds,
        (SELECT count(*) FROM customers_wallets WHERE credit_reserved_minor <> 0) AS reservations,
        (SELECT count(*) FROM kernel_outbox WHERE position IS NULL) AS events_without_place,
        (SELECT count(*) FROM kernel_outbox_cursors WHERE failures > 0) AS failing_subscribers,
        (SELECT count(*) FROM kernel_outbox_dead_letters) AS dead_letters
"""


async def quiet(bank: Bank, *, within_s: float = LIVENESS_S) -> list[str]:
    """I16, I13: whatever was open is finished, every event has reached its subscribers."""
    deadline = time.monotonic() + within_s
    still: Json = {"database": "away"}
    while time.monotonic() < deadline:
        try:
            async with bank.database.read() as session:
                row = await session.fetchrow(_OPEN)
                behind = await _behind(session)
        except (*_LOST, DatabaseUnusable) as fault:
            still = {"database": repr(fault)}
        else:
            assert row is not None
            still = {name: count for name, count in row.items() if count}
            if behind:
                still["behind"] = behind
            if not still:
                return []
        await asyncio.sleep(_POLL_S)
    return [f"I16 still open {within_s:.0f} s after the faults: {still}"]


async def _behind(session: ReadSession) -> int:
    """How many events some subscriber has not had yet; only a worker moves the cursors."""
    found: int = await session.fetchval(
        """
        SELECT count(*)
        FROM kernel_outbox AS event
        JOIN kernel_outbox_cursors AS follower
          ON follower.subscriber = ANY ($1::text[])
         AND event.position > follower.position
        WHERE event.topic = 'rails.operation_finished.v1'
        """,
        ["transfers.card_transfers", "payments.card_payments"],
    )
    return found


async def learn_outcomes(told: Ledger) -> list[str]:
    """Read how each act ended that was pending when it was answered; terminal states stay (I12)."""
    failures = []
    fresh, told.read_back = told.operations[told.read_back :], len(told.operations)
    for each in fresh:
        if not each.acknowledged or each.act in {Act.TRANSFER, Act.PAYMENT, Act.STATIC_PAYMENT}:
            continue
        before = each.outcome["state"]
        try:
            now = await each.person.get(each.see_path)
        except (NeverSettled, Unanswered, AssertionError) as fault:
            failures.append(f"I5 {each.name} cannot be read: {fault}")
            continue
        if before not in {"pending", now["state"]}:
            failures.append(f"I12 {each.name} was {before} and is {now['state']}")
        if now["state"] == "pending":
            failures.append(f"I16 {each.name} is still pending")
        each.final = now
    return failures


async def books(bank: Bank, *, clock_went_back: bool = False) -> list[str]:
    """I1 to I4, I8 to I11, I15: the auditor recomputes everything from the postings.

    When a clock has gone back, what is spent counts for the later day that had begun: a limit is
    then used more than its day's movements say, which is safe; never less.
    """
    async with bank.auditor.snapshot() as session:
        report = await auditor.check(session)
    differences = [
        each for each in report.differences if not (clock_went_back and _counts_more(each))
    ]
    if not differences:
        return []
    shown = [
        f"{each.rule}: {each.subject}: expected {each.expected}, found {each.found}"
        for each in differences[:_SHOWN]
    ]
    return [f"I1-I11 the auditor found {report.differing}: {shown}"]


def _counts_more(difference: auditor.Difference) -> bool:
    return difference.rule.startswith("limit.") and int(difference.found) > int(difference.expected)


KINDS: Final = {
    Act.TRANSFER: "transfer",
    Act.PAYMENT: "payment",
    Act.STATIC_PAYMENT: "payment",
    Act.CARD_PAYMENT: "payment",
    Act.TOP_UP: "top_up",
    Act.WITHDRAWAL: "withdrawal",
}
_PREFIXES: Final = {
    Act.TRANSFER: "trf",
    Act.PAYMENT: "pay",
    Act.STATIC_PAYMENT: "pay",
    Act.CARD_PAYMENT: "pay",
    Act.TOP_UP: "top",
    Act.WITHDRAWAL: "wdr",
}


async def acknowledged(bank: Bank, told: Ledger) -> list[str]:
    """I5, I6: each acknowledged act is there once with its content, and there is no other."""
    holders = [person.account for person in told.people]
    async with bank.auditor.snapshot() as session:
        rows = await session.fetch(
            """
            SELECT m.kind, m.reference, p.debit, p.credit, p.amount
            FROM ledger_movements AS m
            JOIN ledger_postings AS p ON p.movement_id = m.id
            WHERE m.kind = ANY ($2::text[])
              AND (p.debit = ANY ($1::bigint[]) OR p.credit = ANY ($1::bigint[]))
            """,
            holders,
            sorted(set(KINDS.values())),
        )
    # A payment by card passes through the payer's account: its second posting is the payment.
    written = Counter(
        (row["kind"], row["reference"], row["amount"])
        for row in rows
        if not (row["kind"] == "payment" and row["credit"] in set(holders))
    )
    said = Counter(
        (KINDS[each.act], ids.parse(_PREFIXES[each.act], each.name), each.minor)
        for each in told.operations
        if each.moved
    )
    failures = []
    if lost := said - written:
        failures.append(f"I5 {lost.total()} acknowledged and not there: {_few(lost)}")
    if twins := written - said:
        failures.append(f"I6 {twins.total()} there and not acknowledged: {_few(twins)}")
    return failures


async def balances(bank: Bank, told: Ledger) -> list[str]:
    """I2, I3: what each person has is what he began with and what the bank said yes to."""
    async with bank.auditor.snapshot() as session:
        rows = await session.fetch(
            "SELECT number, balance FROM ledger_accounts WHERE number = ANY ($1::bigint[])",
            [person.account for person in told.people],
        )
    held = {row["number"]: row["balance"] for row in rows}
    return [
        f"I3 {person.customer} has {held.get(person.account)}, by the replies "
        f"{told.expected_minor(person)}"
        for person in told.people
        if held.get(person.account) != told.expected_minor(person)
    ]


async def replays(told: Ledger, *, most: int = REPLAYS) -> list[str]:
    """I7: the same key gets the same bytes again."""
    answered = [each for each in told.operations if each.reply is not None]
    step = max(1, len(answered) // most)
    failures = []
    for each in answered[::step]:
        try:
            again, _ = await each.person.caller.settle(
                "POST", each.path, each.body, key=each.key, within_s=LIVENESS_S
            )
        except NeverSettled as fault:
            failures.append(f"I7 {each.key} has no answer any more: {fault}")
            continue
        assert each.reply is not None
        if (again.status, again.body) != (each.reply.status, each.reply.body):
            failures.append(
                f"I7 {each.act} {each.key} was {each.reply.status} {each.reply.body[:200]!r}, "
                f"is {again.status} {again.body[:200]!r}"
            )
    return failures


async def pages(told: Ledger) -> list[str]:
    """I9: pages hold each entry once, newest first, and all that was acknowledged."""
    failures = []
    for person in told.people[:PAGED]:
        seen: list[Json] = []
        cursor = ""
        while True:
            page = await person.get(f"/history?limit=50{cursor}")
            seen += page["entries"]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        names = [entry["movement"] for entry in seen]
        if len(names) != len(set(names)):
            failures.append(f"I9 {person.customer}'s pages repeat an entry")
        own = {
            str(each.outcome["movement"])
            for each in told.operations
            if each.moved and (person is each.person or person is each.payee)
        }
        if missing := own - set(names):
            failures.append(f"I9 {person.customer}'s pages skip {sorted(missing)[:_SHOWN]}")
        failures += _running(person.customer, seen)
    return failures


def _running(customer: str, newest_first: Sequence[Json]) -> list[str]:
    """Each entry's balance follows from the one before it."""
    for after, before in pairwise(newest_first):
        change = after["balance_after"]["value"] - before["balance_after"]["value"]
        amount = after["amount"]["value"]
        wanted = {"in": amount, "out": -amount}.get(after["direction"])
        through = after["kind"] == "payment" and change == 0  # Paid by a card.
        if change != wanted and not through:
            return [f"I9 {customer}: the balance after {after['movement']} does not follow"]
    return []


async def entries_refuse_change(bank: Bank) -> list[str]:
    """I8: the application's role can neither update nor delete an entry."""
    return [f"I8 the application may {each}" for each in _CHANGES if await _is_possible(bank, each)]


_CHANGES: Final = (
    "UPDATE ledger_postings SET amount = amount + 1",
    "DELETE FROM ledger_postings",
    "UPDATE ledger_movements SET memo = 'x'",
    "DELETE FROM ledger_movements",
    "TRUNCATE ledger_postings",
)


class _UndoError(Exception):
    """What must not have been possible is rolled back."""


async def _is_possible(bank: Bank, statement: str) -> bool:
    try:
        async with bank.database.write() as session:
            await _try_and_undo(session, statement)
    except asyncpg.PostgresError:
        return False
    except _UndoError:
        return True
    raise AssertionError("it is refused or undone")


async def _try_and_undo(session: WriteSession, statement: str) -> None:
    await session.execute(statement)
    raise _UndoError


async def outside_agrees(bank: Bank) -> list[str]:
    """I14: what the other bank owes by its own books is what ours say that it owes."""
    theirs = await bank.world_call("GET", "/books")
    async with bank.auditor.snapshot() as session:
        clearing: int = await session.fetchval(
            "SELECT balance FROM ledger_accounts WHERE number = $1 AND currency = 'CNY'",
            ledger.CARD_CLEARING,
        )
    failures = []
    if theirs["owed"] != theirs["moved"]:
        failures.append(f"I14 the other bank's own books do not add up: {theirs}")
    if -clearing != theirs["owed"]:
        failures.append(f"I14 we say that they owe {-clearing}, they say {theirs['owed']}")
    return failures


def _few(counted: Counter[tuple[str, UUID, int]]) -> str:
    return ", ".join(f"{kind} {name} {minor}" for kind, name, minor in list(counted)[:_SHOWN])


async def read_your_write(operation: Operation) -> list[str]:
    """I10: who was told yes sees it at once."""
    if operation.act is Act.TRANSFER or operation.acknowledged:
        seen = await operation.person.get(operation.see_path)
        if not seen:
            return [f"I10 {operation.name} is not to be seen by its payer"]
    return []
