"""What shops do after a sale, through the sandbox's till."""

from typing import Any

import httpx

from factories.identity import Browser
from factories.shops import Bank, authorise_payment, on_wire, payment_body, yuan
from tael import merchants, payments
from tael.kernel import ids
from tael.kernel.money import Money

BUSY = 503
TRIES = 20


async def pay(
    payer: Browser,
    shop: merchants.Store,
    order: payments.Order | None,
    amount: Money,
    *,
    card: str | None = None,
) -> dict[str, Any]:
    """Enter the PIN and pay, from the balance or a card; what the payer reads."""
    authorisation = await authorise_payment(payer, shop, order, amount)
    body = payment_body(shop, order, amount, authorisation)
    if card is not None:
        body["funding"] = {"kind": "card", "card": card}
    reply = await payer.post("/payments", body)
    assert reply.status_code == 201, reply.text
    paid: dict[str, Any] = reply.json()
    return paid


async def paid_order(
    bank: Bank,
    payer: Browser,
    shop: merchants.Store,
    amount: int,
    *,
    capture: payments.Capture = payments.Capture.AUTOMATIC,
) -> dict[str, Any]:
    """An order of a shop, paid from the balance."""
    order = await bank.an_order(shop, yuan(amount), capture=capture)
    return await pay(payer, shop, order, yuan(amount))


async def refund(
    till: Browser, payment: str, amount: Money | None = None, *, key: str | None = None
) -> httpx.Response:
    """Have the shop give a payment back."""
    body = {"amount": None if amount is None else on_wire(amount), "reason": "退货 returned"}
    return await _patiently(till, f"/sandbox/payments/{payment}/refunds", body, key=key)


async def capture(
    till: Browser, payment: str, amount: Money | None = None, *, final: bool = False
) -> httpx.Response:
    """Have the shop take what is held."""
    body = {"amount": None if amount is None else on_wire(amount), "final": final}
    return await _patiently(till, f"/sandbox/payments/{payment}/captures", body)


async def void(till: Browser, payment: str) -> httpx.Response:
    """Have the shop let go of what is held."""
    return await _patiently(till, f"/sandbox/payments/{payment}/void", {})


async def _patiently(
    till: Browser, path: str, body: dict[str, Any], *, key: str | None = None
) -> httpx.Response:
    """Ask again with the same key while the bank is too busy, as a till does."""
    key = key or ids.new_id().hex
    for _ in range(TRIES):
        reply = await till.post(path, body, key=key)
        if reply.status_code != BUSY:
            return reply
    raise AssertionError("the bank stays too busy")


def refused(reply: httpx.Response) -> str:
    """The code of a refusal."""
    assert reply.status_code >= 400, reply.text
    assert reply.headers["content-type"].startswith("application/problem+json")
    code: str = reply.json()["code"]
    return code
