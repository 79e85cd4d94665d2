"""A customer who has done one of everything, and some of it not certain yet."""

from collections.abc import Callable

import asyncpg
import pytest

from factories import shops
from factories.identity import Browser
from factories.shops import (
    authorise_payment,
    customer_id,
    payment_body,
    yuan,
)
from factories.town import Citizen, settled, with_transfer
from factories.wallets_with_cards import services, settings, top_up, withdraw, world
from tael import merchants
from tael.kernel.database import Database
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
    browsers: Callable[..., Browser], counter: shops.Bank, world: World
) -> dict[str, str]:
    """Payments by order, printed code and card; a transfer; card transfers, two of them open.

    Tells whose books a test damages: $C is the customer, $M the merchant.
    """
    shop = await counter.a_shop()
    wang = await settled(browsers(WANG.phone), WANG, world, counter, shop)
    li = await settled(browsers(LI.phone), LI, world, counter, shop)
    wang = await with_transfer(wang, li)
    await _pay(wang, shop, None, funding={"kind": "balance"})
    await _pay(wang, shop, None, funding={"kind": "card", "card": wang.owned.card})
    world.modes.order(Mode(kind=ModeKind.TIMEOUT, count=2))
    for reply in (
        await top_up(wang.browser, wang.owned.card, 700),
        await withdraw(wang.browser, wang.owned.card, 500),
    ):
        assert reply.json()["state"] == "pending", reply.text
    return {"$C": str(customer_id(wang.browser.customer)), "$M": str(shop.merchant_id)}


async def _pay(payer: Citizen, shop: merchants.Store, order: None, *, funding: object) -> None:
    amount = yuan(3)
    authorisation = await authorise_payment(payer.browser, shop, order, amount)
    body = {**payment_body(shop, order, amount, authorisation), "funding": funding}
    reply = await payer.browser.post("/payments", body)
    assert reply.status_code == 201, reply.text
