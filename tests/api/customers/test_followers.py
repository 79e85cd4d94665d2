"""What follows events: the holder's open apps, and the masked phone in labels."""

from collections.abc import Sequence

import asyncpg

from factories.customers import Checker, a_wallet, proven, seen
from tael import customers, identity
from tael.customers.service import set_phone_mask
from tael.identity.events import PhoneChanged
from tael.jobs import relay
from tael.kernel import outbox
from tael.kernel.database import Database
from tael.kernel.outbox import Subscriber
from tael.kernel.settings import Settings


async def relayed(database: Database, subscribers: Sequence[Subscriber]) -> None:
    """Give the events their order and hand them to those who follow."""
    await relay.sequence(database)
    for subscriber in subscribers:
        while await relay.deliver(database, subscriber):
            pass


async def test_open_apps_are_told_when_the_class_rises_or_the_wallet_freezes(
    database: Database, owner: asyncpg.Connection, settings: Settings
) -> None:
    for subscriber in customers.SUBSCRIBERS:
        await relay.register(database, subscriber)
    wallet = await a_wallet(database, settings.sealer())
    await proven(database, settings.sealer(), wallet, checker=Checker())
    async with database.write() as session:
        await customers.freeze(session, wallet.customer_id, now=wallet.opened_at)
    await relayed(database, customers.SUBSCRIBERS)
    told = await owner.fetch("SELECT customer_id, kind FROM notifications_live ORDER BY position")
    assert [tuple(row) for row in told] == [(wallet.customer_id, "wallet_changed")] * 2


async def test_a_changed_number_shows_in_labels(database: Database, settings: Settings) -> None:
    for subscriber in customers.SUBSCRIBERS:
        await relay.register(database, subscriber)
    wallet = await a_wallet(database, settings.sealer())
    assert wallet.label == "138****1234"
    async with database.write() as session:
        await outbox.emit(
            session, PhoneChanged(customer=wallet.customer_id, phone_masked="139****5678")
        )
    await relayed(database, customers.SUBSCRIBERS)
    assert (await seen(database, wallet.customer_id)).label == "139****5678"


async def test_a_name_stays_the_label_whatever_the_number(
    database: Database, settings: Settings
) -> None:
    wallet = await a_wallet(database, settings.sealer())
    await proven(database, settings.sealer(), wallet)
    async with database.write() as session:
        await set_phone_mask(session, wallet.customer_id, "139****5678")
    assert (await seen(database, wallet.customer_id)).label == "*小明"
    async with database.read() as session:
        many = await customers.by_ids(session, [wallet.customer_id])
        masks = await identity.phone_masks(session, [wallet.customer_id])
    assert many[wallet.customer_id].label == "*小明"
    assert masks[wallet.customer_id] == "138****1234"
