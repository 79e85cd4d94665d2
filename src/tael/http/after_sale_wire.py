"""What follows a sale, on the wire: refunds, and what is held for a shop."""

from typing import Annotated, Final

import orjson
from pydantic import Field, Strict

from tael import payments
from tael.http import problems as bodies
from tael.http.problems import Problem
from tael.http.wire import Identifier, Instant, MoneyWire, PositiveMoney, Text, Wire
from tael.kernel.ids import wire
from tael.kernel.refusals import Refusal

CAPTURES_MAX: Final = 1_000


class RefundWire(Wire):
    """A part of a payment that its shop gave back, and where the money is or goes."""

    refund: Identifier = Field(examples=["rfd_01j9z3k4m5n6p7q8r9s0t1v2w3"])
    amount: MoneyWire
    reason: str
    destination: payments.RefundDestination
    state: payments.RefundState
    movement: Identifier | None = Field(description="Once the money moved; opens the history.")
    final_by: Instant | None = Field(description="While a card's bank has not answered.")
    at: Instant

    @classmethod
    def of(cls, refund: payments.Refund) -> "RefundWire":
        arrived = refund.state is payments.RefundState.SUCCEEDED
        return cls.model_construct(
            refund=wire("rfd", refund.id),
            amount=MoneyWire.of(refund.amount),
            reason=refund.reason,
            destination=refund.destination,
            state=refund.state,
            movement=wire("mov", refund.movement_id) if refund.movement_id and arrived else None,
            final_by=refund.final_by,
            at=refund.at,
        )


class HeldWire(Wire):
    """Money that was set aside for a shop: how much, what it took so far, until when it may."""

    amount: MoneyWire
    captured: MoneyWire
    until: Instant

    @classmethod
    def of(cls, receipt: payments.Receipt) -> "HeldWire | None":
        """What this payment held, if it did not move at once."""
        if receipt.held_until is None:
            return None
        return cls.model_construct(
            amount=MoneyWire.of(receipt.amount),
            captured=MoneyWire.of(receipt.taken),
            until=receipt.held_until,
        )


class RefundAsked(Wire):
    """Give a payment back; without an amount, all that is left of it."""

    amount: PositiveMoney | None = None
    reason: Annotated[Text, Field(max_length=payments.REASON_LENGTH_MAX)] = ""


class CaptureAsked(Wire):
    """Take what is held: all that is left without an amount; `final` frees the rest."""

    amount: PositiveMoney | None = None
    final: Annotated[bool, Strict()] = True


class CaptureOne(CaptureAsked):
    """One of many captures."""

    payment: Identifier


class CapturesAsked(Wire):
    """Many captures at once: each is done or refused by itself, in this order."""

    captures: list[CaptureOne] = Field(min_length=1, max_length=CAPTURES_MAX)


class TillPayment(Wire):
    """A payment as the shop's till shows it."""

    payment: Identifier
    state: payments.PaymentState
    amount: MoneyWire
    captured: MoneyWire = Field(description="What reached the shop, refunds not counted.")
    refunded: MoneyWire
    held: HeldWire | None
    refunds: list[RefundWire]
    funding: payments.FundingKind
    order: Identifier | None
    at: Instant

    @classmethod
    def of(cls, receipt: payments.Receipt) -> "TillPayment":
        return cls.model_construct(
            payment=wire("pay", receipt.payment_id),
            state=receipt.state,
            amount=MoneyWire.of(receipt.amount),
            captured=MoneyWire.of(receipt.taken),
            refunded=MoneyWire.of(receipt.refunded),
            held=HeldWire.of(receipt),
            refunds=[RefundWire.of(each) for each in receipt.refunds],
            funding=receipt.funding,
            order=wire("ord", receipt.order_id) if receipt.order_id else None,
            at=receipt.at,
        )


class TillPayments(Wire):
    """What was paid at a shop, the newest first."""

    payments: list[TillPayment]


class CaptureOutcome(Wire):
    """What came of one of many captures: the payment as it stands, or why not."""

    payment: Identifier
    captured: TillPayment | None
    refusal: Problem | None

    @classmethod
    def of(cls, asked: CaptureOne, outcome: payments.Receipt | Refusal) -> "CaptureOutcome":
        if isinstance(outcome, Refusal):
            problem = orjson.loads(bodies.body(outcome, request_id=None))
            refusal = Problem.model_validate(problem)
            return cls(payment=asked.payment, captured=None, refusal=refusal)
        done = TillPayment.of(outcome)
        return cls(payment=asked.payment, captured=done, refusal=None)


class CapturesDone(Wire):
    """The outcome of each capture, in the order in which they were asked."""

    captures: list[CaptureOutcome]
