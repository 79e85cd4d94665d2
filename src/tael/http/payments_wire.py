"""What payments, and the codes that lead to them, look like on the wire."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from tael import ledger, merchants, payments, transfers
from tael.http.after_sale_wire import HeldWire, RefundWire
from tael.http.declines import Decline
from tael.http.wire import Identifier, Instant, MoneyWire, PositiveMoney, Wire
from tael.kernel.ids import wire

_STORE: Final = "sto_01j9z3k4m5n6p7q8r9s0t1v2w3"
_ORDER: Final = "ord_01j9z3k4m5n6p7q8r9s0t1v2w3"


class PayeeWire(Wire):
    """A store, or a person by masks only, as a payer sees them: from the bank's own records."""

    payee: Identifier = Field(examples=[_STORE])
    name: str = Field(examples=["DEMO NOODLES"])
    name_zh: str | None = Field(examples=["示例面馆"])
    city: str | None = Field(examples=["BEIJING"])
    mcc: str | None = Field(examples=["5812"], description="Merchant category (ISO 18245).")

    @classmethod
    def of_store(cls, store: merchants.Store) -> "PayeeWire":
        return cls.model_construct(
            payee=wire("sto", store.id),
            name=store.name,
            name_zh=store.name_zh,
            city=store.city,
            mcc=store.mcc,
        )

    @classmethod
    def of_person(cls, person: transfers.Payee) -> "PayeeWire":
        return cls.model_construct(
            payee=wire("cus", person.customer_id),
            name=person.name_masked or person.phone_masked,
            name_zh=None,
            city=None,
            mcc=None,
        )


class BalanceFunding(Wire):
    """Pay from the wallet's balance."""

    kind: Literal["balance"]


class CardFunding(Wire):
    """Pay from a bound card, through the card switch."""

    kind: Literal["card"]
    card: Identifier = Field(examples=["crd_01j9z3k4m5n6p7q8r9s0t1v2w3"])


class PaymentRequest(Wire):
    """Pay a store: an order of it, or by its printed code without an order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "payee": _STORE,
                    "order": _ORDER,
                    "amount": {"value": 2350, "currency": "CNY"},
                    "authorisation": "aut_01j9z3k4m5n6p7q8r9s0t1v2w3",
                    "funding": {"kind": "balance"},
                }
            ]
        }
    )

    payee: Identifier
    order: Identifier | None = None
    amount: PositiveMoney
    authorisation: Identifier
    funding: Annotated[BalanceFunding | CardFunding, Field(discriminator="kind")]


class FundingWire(Wire):
    """Where the money came from; `card` only where a card paid."""

    kind: payments.FundingKind
    card: Identifier | None


class PaymentWire(Wire):
    """A payment as its payer sees it. While pending, it is decided before `final_by`."""

    payment: Identifier
    state: payments.PaymentState
    amount: MoneyWire
    captured: MoneyWire = Field(description="What reached the shop, refunds not counted.")
    refunded: MoneyWire
    refunds: list[RefundWire]
    held: HeldWire | None = Field(description="If the money was set aside before it moved.")
    payee: PayeeWire
    order: Identifier | None
    funding: FundingWire
    movement: Identifier | None = Field(description="Once the money moved; opens the history.")
    final_by: Instant | None
    decline: Decline | None
    at: Instant
    receipt_number: str | None = Field(examples=["202611220123456789012345678"])

    @classmethod
    def of(cls, receipt: payments.Receipt) -> "PaymentWire":
        movement = receipt.movement_id
        return cls.model_construct(
            payment=wire("pay", receipt.payment_id),
            state=receipt.state,
            amount=MoneyWire.of(receipt.amount),
            captured=MoneyWire.of(receipt.taken),
            refunded=MoneyWire.of(receipt.refunded),
            refunds=[RefundWire.of(each) for each in receipt.refunds],
            held=HeldWire.of(receipt),
            payee=PayeeWire.of_store(receipt.store),
            order=wire("ord", receipt.order_id) if receipt.order_id else None,
            funding=FundingWire.model_construct(
                kind=receipt.funding,
                card=wire("crd", receipt.card_id) if receipt.card_id else None,
            ),
            movement=wire("mov", movement) if movement else None,
            final_by=receipt.final_by,
            decline=Decline.of(receipt.decline_code) if receipt.decline_code else None,
            at=receipt.at,
            receipt_number=ledger.receipt_number(movement, receipt.at) if movement else None,
        )


class PaymentsWire(Wire):
    """Several payments."""

    payments: list[PaymentWire]


def present_payment(receipt: payments.Receipt) -> bytes:
    """The reply to a payment that was not refused."""
    return PaymentWire.of(receipt).model_dump_json().encode()
