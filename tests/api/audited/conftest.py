"""A customer who has done one of everything, and some of it not certain yet."""

from collections.abc import Callable

import asyncpg
import pytest

from factories import shops
from factories.after_sale import capture, paid_order, pay, refund
from factories.identity import Browser
from factories.shops import customer_id, yuan
from factories.town import settled, with_transfer
from factories.wallets_with_cards import services, settings, top_up, withdraw, world
from tael import transfers
from tael.kernel.clock import machine_now
from tael.kernel.database import Database
from tael.payments import Capture
from tael.sandbox.world import World
from tael.sandbox.world.modes import Mode, ModeKind
from tael.sandbox.world.people import LI, WANG

__all__ = ["services", "settings", "world"]


@pytest.fixture
def counter(database: Database, owner: asyncpg.Connection) -> shops.Bank:
    """The bank behind the counter."""
    return shops.Bank(database, owner)


@pytest.fixture
async def life(
    browsers: Callable[..., Browser],
    counter: shops.Bank,
    world: World,
    database: Database,
    owner: asyncpg.Connection,
) -> dict[str, str]:
    """Payments by order, printed code and card, some given back; held money, some of it taken.

    Further a transfer, a standing order that ran, and card transfers, two of them open.

    Tells whose books a test damages: $C is the customer, $M the merchant.
    """
    shop = await counter.a_shop()
    wang = await settled(browsers(WANG.phone), WANG, world, counter, shop)
    li = await settled(browsers(LI.phone), LI, world, counter, shop)
    wang = await with_transfer(wang, li)
    payer, card = wang.browser, wang.owned.card
    await pay(payer, shop, None, yuan(3))
    given_back = await pay(payer, shop, None, yuan(3), card=card)
    order = await counter.an_order(shop, yuan(4))
    await pay(payer, shop, order, yuan(4), card=card)
    for reply in (
        await refund(payer, wang.owned.payment, yuan(2)),
        await refund(payer, given_back["payment"], yuan(1)),
    ):
        assert reply.status_code == 201, reply.text
    held = [await paid_order(counter, payer, shop, 6, capture=Capture.MANUAL) for _ in range(2)]
    taken = await capture(payer, held[0]["payment"], yuan(2))
    assert taken.status_code == 200, taken.text
    # As if it had been due for some days: whatever the hour is, it runs now.
    await owner.execute(
        "UPDATE transfers_standing_orders SET first_on = first_on - 3, next_on = next_on - 3"
    )
    async with database.write() as session:
        assert await transfers.run_due(session, now=machine_now()) == 1
    world.modes.order(Mode(kind=ModeKind.TIMEOUT, count=2))
    for reply in (
        await top_up(wang.browser, wang.owned.card, 700),
        await withdraw(wang.browser, wang.owned.card, 500),
    ):
        assert reply.json()["state"] == "pending", reply.text
    return {"$C": str(customer_id(wang.browser.customer)), "$M": str(shop.merchant_id)}
