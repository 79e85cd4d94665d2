"""Remove a card: its number goes, and nothing that is on its way is cut off."""

from factories.identity import Browser
from factories.wallets_with_cards import Bank, bind, top_up
from tael.sandbox.world import World
from tael.sandbox.world.modes import Mode, ModeKind
from tael.sandbox.world.people import WANG


async def remove(browser: Browser, card: str) -> tuple[int, str]:
    """Ask to remove; status and code."""
    reply = await browser.http.delete(
        f"/api/cards/{card}", headers={"Idempotency-Key": f"remove-{card}"}
    )
    return reply.status_code, "" if reply.status_code == 204 else reply.json()["code"]


async def test_a_removed_card_is_forgotten_and_can_be_bound_anew(
    wang: Browser, debit: str, debit_number: str, bank: Bank, world: World
) -> None:
    assert await remove(wang, debit) == (204, "")
    assert (await wang.get("/cards")).json() == {"cards": []}
    row = await bank.owner.fetchrow("SELECT pan_sealed, holder_sealed FROM instruments_cards")
    assert row is not None
    assert tuple(row) == (None, None)
    reply = await top_up(wang, debit, 100)
    assert (reply.status_code, reply.json()["code"]) == (404, "instruments.card_unknown")
    await bind(wang, world, debit_number, WANG)
    assert (await wang.get("/wallet")).json()["class"] == 2


async def test_a_card_with_something_pending_stays(wang: Browser, debit: str, bank: Bank) -> None:
    bank.world.modes.order(Mode(kind=ModeKind.TIMEOUT))
    await top_up(wang, debit, 100)
    assert await remove(wang, debit) == (409, "instruments.card_busy")
    await bank.finish_everything()
    reply = await wang.http.delete(
        f"/api/cards/{debit}", headers={"Idempotency-Key": "another-key"}
    )
    assert reply.status_code == 204


async def test_a_closed_wallet_leaves_no_card_behind(wang: Browser, debit: str, bank: Bank) -> None:
    authorisation = await wang.authorised(
        purpose="close_wallet", payee=wang.customer, amount={"value": 0, "currency": "CNY"}
    )
    closed = await wang.post("/wallet/close", {"authorisation": authorisation})
    assert closed.status_code == 200, closed.text
    await bank.deliver()
    kept = await bank.owner.fetchval(
        "SELECT count(*) FROM instruments_cards WHERE pan_sealed IS NOT NULL"
    )
    assert kept == 0


async def test_removing_what_is_not_ones_own_is_refused(wang: Browser, bank: Bank) -> None:
    assert await remove(wang, "crd_01h455vb4pex5vsknk084sn02q") == (404, "instruments.card_unknown")
