"""Our camt.053 against the schema of ISO 20022."""

import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from tael import ledger, statements
from tael.kernel import ids
from tael.kernel.money import CNY, Money

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TEXTS = ["示例面馆 Demo Noodles", "", "<b>&\"'", "a\u0001b", "x" * 200, "😀"]


def schema() -> etree.XMLSchema:
    named = os.environ.get("TAEL_OUTSIDE_DATA")
    if not named:
        pytest.skip("TAEL_OUTSIDE_DATA names no folder with other people's cases")
    return etree.XMLSchema(file=Path(named) / "iso20022" / "xsd" / "camt.053.001.08.xsd")


def entries(count: int) -> list[ledger.PeriodEntry]:
    """Entries of every kind in both directions, with awkward texts."""
    kinds = list(ledger.MovementKind)
    made, balance = [], 10_000_000
    for number in range(count):
        into = number % 2 == 0
        balance += 101 + number if into else -(101 + number)
        entry = ledger.Entry(
            sequence=number + 1,
            movement=ledger.MovementId(ids.new_id()),
            kind=kinds[number // 2 % len(kinds)],
            direction=ledger.Direction.IN if into else ledger.Direction.OUT,
            amount=Money(101 + number, CNY),
            counterparty=TEXTS[number % len(TEXTS)],
            own_label="*小明",
            memo=TEXTS[(number + 1) % len(TEXTS)],
            at=NOW - timedelta(minutes=count - number),
            balance_after=Money(balance, CNY),
            reference=ids.new_id(),
        )
        made.append(ledger.PeriodEntry(entry, ledger.CARD_CLEARING, NOW.date()))
    return made


async def written(told: statements.Statement, lines: Sequence[ledger.PeriodEntry]) -> bytes:
    async def pages() -> AsyncIterator[list[ledger.PeriodEntry]]:
        yield list(lines)

    return b"".join([piece async for piece in statements.camt053(told, pages())])


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("count", [0, 60])
async def test_our_file_is_valid(count: int, complete: bool) -> None:
    lines = entries(count)
    total_in = sum(n.entry.amount.minor for n in lines[::2])
    total_out = sum(n.entry.amount.minor for n in lines[1::2])
    told = statements.Statement(
        month=statements.Month(2026, 11),
        complete=complete,
        holder="*小明",
        account=ledger.AccountNumber(100_042),
        language="zh-CN",
        opening=Money(10_000_000, CNY),
        closing=Money(10_000_000 + total_in - total_out, CNY),
        sums=ledger.Sums(
            len(lines[::2]), Money(total_in, CNY), len(lines[1::2]), Money(total_out, CNY)
        ),
        first=1,
        end=count + 1,
        made_at=NOW,
    )
    checked = schema()
    document = etree.fromstring(await written(told, lines))
    assert checked.validate(document), checked.error_log
    amount = document.find(".//{*}Bal/{*}Amt")
    assert amount is not None
    amount.text = "not an amount"
    assert not checked.validate(document), "the schema tells what is wrong"
