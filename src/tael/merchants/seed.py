"""The sandbox's shops: invented, the same on every machine, made once."""

from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import NAMESPACE_DNS, uuid5

from tael.kernel.database import WriteSession
from tael.merchants.queries import stores
from tael.merchants.rules import MerchantId, Store, StoreId
from tael.merchants.service import NewMerchant, NewStore, open_store, take_on


class _Shop(NamedTuple):
    slug: str
    name: str
    name_zh: str
    city: str
    mcc: str


_SHOPS: Final = (
    _Shop("noodles", "DEMO NOODLES", "示例面馆", "BEIJING", "5812"),
    _Shop("tea", "CLOUD LEAF TEA", "云叶茶铺", "HANGZHOU", "5814"),
    _Shop("grocer", "CORNER GROCER", "街角鲜果", "SHANGHAI", "5411"),
    _Shop("books", "PAPER LANTERN BOOKS", "纸灯书店", "SUZHOU", "5942"),
    _Shop("pharmacy", "WILLOW PHARMACY", "柳荫药房", "CHENGDU", "5912"),
    _Shop("bikes", "SWIFT BIKE REPAIR", "疾风修车", "GUANGZHOU", "7699"),
)


async def seed(session: WriteSession, *, now: datetime) -> list[Store]:
    """Open the shops that are missing; those that stand stay as they are."""
    wanted = {_store_id(shop): shop for shop in _SHOPS}
    standing = await stores(session, wanted)
    for store_id, shop in wanted.items():
        if store_id not in standing:
            await _open(session, store_id, shop, now)
    opened = await stores(session, wanted)
    return [opened[store_id] for store_id in wanted]


async def _open(session: WriteSession, store_id: StoreId, shop: _Shop, now: datetime) -> None:
    merchant_id = MerchantId(uuid5(NAMESPACE_DNS, f"merchant.{shop.slug}.sandbox.tael.cn"))
    merchant = NewMerchant(id=merchant_id, name=f"{shop.name_zh} {shop.name}")
    await take_on(session, merchant, now=now)
    store = NewStore(
        id=store_id,
        merchant_id=merchant_id,
        name=shop.name,
        name_zh=shop.name_zh,
        city=shop.city,
        mcc=shop.mcc,
        static_code=_static_code(shop),
    )
    await open_store(session, store, now=now)


def _store_id(shop: _Shop) -> StoreId:
    return StoreId(uuid5(NAMESPACE_DNS, f"store.{shop.slug}.sandbox.tael.cn"))


def _static_code(shop: _Shop) -> str:
    # A printed code is public, so it may follow from the name; in the sandbox it then
    # stays scannable after a reset.
    return sha256(f"static code of {shop.slug}".encode()).hexdigest()[:24].upper()
