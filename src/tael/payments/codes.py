"""Codes: make the payloads of our stores and orders, and say what a scanned one leads to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from tael import merchants
from tael.codecs.emvco import (
    Draft,
    Initiation,
    Language,
    MerchantCode,
    amount_text,
    make,
    minor_units,
    parse,
)
from tael.codecs.qr_schemes import foreign_scheme, schemes_of
from tael.codecs.tael_codes import (
    COUNTRY,
    CURRENCY_NUMBER,
    Means,
    OurToken,
    our_account,
    read_ours,
)
from tael.kernel.database import ReadSession
from tael.payments.errors import AmountChanged, CodeAltered, CodeUnknown, SchemeNotRoutable
from tael.payments.orders import order_by_token
from tael.payments.rules import Order, refuses_payer, refuses_paying

_CHINESE: Final = "ZH"
_UNNAMED: Final = "unknown"


@dataclass(frozen=True, slots=True)
class CodeNotice:
    """Something about a code that its payer should see; it can be paid all the same."""

    code: Literal["not_by_standard", "payee_name_differs"]
    where: str
    """The EMVCo tag."""
    rule: str


@dataclass(frozen=True, slots=True)
class StoreCode:
    """A code leads to a store, and perhaps to one order of it; both as the bank knows them."""

    store: merchants.Store
    order: Order | None
    notices: tuple[CodeNotice, ...]


@dataclass(frozen=True, slots=True)
class PersonCode:
    """A code leads to a person who receives: transfers know who it is."""

    token: str
    notices: tuple[CodeNotice, ...]


Resolved: TypeAlias = StoreCode | PersonCode


def static_payload(store: merchants.Store) -> str:
    """What a store's printed code says: no amount, good for any number of payments."""
    return make(_draft(store, OurToken(Means.STORE, store.static_code), Initiation.STATIC, None))


def order_payload(store: merchants.Store, order: Order) -> str:
    """What the code for one order says: its amount and its token."""
    amount = amount_text(order.amount.minor, exponent=order.amount.currency.exponent)
    return make(_draft(store, OurToken(Means.ORDER, order.token), Initiation.DYNAMIC, amount))


async def resolve(session: ReadSession, payload: str, *, payer: UUID, now: datetime) -> Resolved:
    """Say who and what a scanned payload would pay.

    Name and amount are read from our own records; what the code says of them is only
    compared. Refuses `qr.*` what cannot be read, `payments.scheme_not_routable` {scheme}
    what belongs to others, and what `pay` would refuse anyway of the store or the order.
    """
    scheme = foreign_scheme(payload)
    if scheme is not None:
        raise SchemeNotRoutable(scheme=scheme)
    code = parse(payload)
    ours = read_ours(code)
    if ours is None:
        names = dict.fromkeys(scheme.name for scheme in schemes_of(code))
        raise SchemeNotRoutable(scheme=", ".join(names) or _UNNAMED)
    if code.currency != CURRENCY_NUMBER or code.country != COUNTRY:
        raise CodeAltered(where="53" if code.currency != CURRENCY_NUMBER else "58")
    match ours.means:
        case Means.PERSON:
            return PersonCode(ours.token, _standard_notices(code))
        case Means.STORE:
            store = await merchants.store_by_static_code(session, ours.token)
            order = None
        case Means.ORDER:
            order = await order_by_token(session, ours.token)
            store = await _store_of(session, order)
    if store is None:
        raise CodeUnknown
    _check(code, store, order, payer, now)
    return StoreCode(store, order, _standard_notices(code) + _name_notices(code, store))


def _check(
    code: MerchantCode, store: merchants.Store, order: Order | None, payer: UUID, now: datetime
) -> None:
    refusal = (
        refuses_payer(store, payer)
        or (order and refuses_paying(order, now))
        or merchants.refuses_payment(store)
    )
    if refusal:
        raise refusal
    if order is None:
        if code.amount is not None:
            raise CodeAltered(where="54")
        return
    exponent = order.amount.currency.exponent
    said = None if code.amount is None else minor_units(code.amount, exponent=exponent)
    if said != order.amount.minor:
        raise AmountChanged(amount=order.amount)


async def _store_of(session: ReadSession, order: Order | None) -> merchants.Store | None:
    if order is None:
        return None
    return (await merchants.stores(session, [order.store_id]))[order.store_id]


def _standard_notices(code: MerchantCode) -> tuple[CodeNotice, ...]:
    return tuple(CodeNotice("not_by_standard", w.where, w.rule) for w in code.warnings)


def _name_notices(code: MerchantCode, store: merchants.Store) -> tuple[CodeNotice, ...]:
    """A printed code outlives a change of name, so another name warns and does not refuse."""
    notices: list[CodeNotice] = []
    if code.merchant_name != store.name:
        notices.append(CodeNotice("payee_name_differs", "59", "the code names another shop"))
    local = code.language
    if local is not None and local.name != store.name_zh:
        notices.append(CodeNotice("payee_name_differs", "64.01", "the code names another shop"))
    return tuple(notices)


def _draft(
    store: merchants.Store, token: OurToken, initiation: Initiation, amount: str | None
) -> Draft:
    return Draft(
        accounts=(our_account(token),),
        mcc=store.mcc,
        currency=CURRENCY_NUMBER,
        country=COUNTRY,
        merchant_name=store.name,
        merchant_city=store.city,
        initiation=initiation,
        amount=amount,
        language=Language(_CHINESE, store.name_zh) if store.name_zh else None,
    )
