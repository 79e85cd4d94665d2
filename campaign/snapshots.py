"""The bank test: whoever looks at all accounts at once sees all the money, while it moves.

A reader looks at the accounts in several statements. In one snapshot their sum is always zero; in
a snapshot for each statement it is not, as soon as money crosses from what was read to what was
not: that is the planted fault which shows that the reader can see one.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final

from campaign.bank import Bank
from tael.kernel.database import ReadSession

PARTS: Final = 4
SHOWN: Final = 5

Reading = Callable[[], AbstractAsyncContextManager[ReadSession]]


@dataclass(slots=True)
class Seen:
    """What readers saw."""

    looks: int = 0
    torn: list[str] = field(default_factory=list)
    """Looks in which the money was not all there."""
    backward: list[str] = field(default_factory=list)
    """Looks that showed an older state than one before."""


async def watch(reading: Reading, seen: Seen, until: float) -> None:
    """Look again and again until a time (of `time.monotonic`)."""
    newest = 0
    while time.monotonic() < until:
        async with reading() as session:
            total, held, entries, numbered = await _look(session)
        seen.looks += 1
        if total != 0:
            seen.torn.append(f"look {seen.looks}: the balances sum to {total}")
        if numbered != 2 * entries:
            seen.torn.append(f"look {seen.looks}: {numbered} entries of {entries} postings")
        if held < 0:
            seen.torn.append(f"look {seen.looks}: {held} is held")
        if entries < newest:
            seen.backward.append(f"look {seen.looks}: {entries} postings after {newest}")
        newest = max(newest, entries)
        await asyncio.sleep(0)


async def _look(session: ReadSession) -> tuple[int, int, int, int]:
    """Sum of balances, of holds; postings, and the entries that accounts have numbered."""
    total = held = numbered = 0
    for part in range(PARTS):
        row = await session.fetchrow(
            """
            SELECT coalesce(sum(balance), 0)::bigint AS balance,
                   coalesce(sum(held), 0)::bigint AS held,
                   coalesce(sum(postings), 0)::bigint AS postings
            FROM ledger_accounts
            WHERE currency = 'CNY' AND number % $1 = $2
            """,
            PARTS,
            part,
        )
        assert row is not None
        total += row["balance"]
        held += row["held"]
        numbered += row["postings"]
    entries: int = await session.fetchval(
        "SELECT count(*) FROM ledger_postings WHERE currency = 'CNY'"
    )
    return total, held, entries, numbered


async def watched(bank: Bank, seconds: float, *, torn: bool = False, readers: int = 2) -> Seen:
    """Readers for a while: in snapshots, or (the planted fault) each statement for itself."""
    seen, until = Seen(), time.monotonic() + seconds
    reading = bank.auditor.read if torn else bank.auditor.snapshot
    await asyncio.gather(*(watch(reading, seen, until) for _ in range(readers)))
    return seen
