"""The outcome of an operation may be told any number of times, and takes effect once."""

import pytest

from factories.identity import Browser
from factories.wallets_with_cards import Bank, balances, move
from tael import rails
from tael.kernel import ids
from tael.kernel.clock import business_now
from tael.transfers.card_transfers import finish_card_transfer


@pytest.mark.parametrize("kind", ["top_up", "withdrawal"])
async def test_an_outcome_that_is_told_again_changes_nothing(
    wang: Browser, debit: str, bank: Bank, kind: str
) -> None:
    await move(wang, "top_up", debit, 50_000)
    done = (await move(wang, kind, debit, 10_000)).json()
    prefix = done["id"].split("_")[0]
    operation_id = await bank.owner.fetchval(
        "SELECT operation_id FROM transfers_card_transfers WHERE id = $1",
        ids.parse(prefix, done["id"]),
    )
    before = await balances(wang)
    entries = (await wang.get("/history")).json()["entries"]
    for _ in range(3):
        async with bank.database.write() as session:
            operation = await rails.operation(session, operation_id)
            told = await finish_card_transfer(session, operation, now=await business_now(session))
        assert told.state == "succeeded"
    assert await balances(wang) == before
    assert (await wang.get("/history")).json()["entries"] == entries
