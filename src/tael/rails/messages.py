"""Operations as the messages that the card switch gets. The same operation, the same octets."""

from datetime import datetime
from typing import Final

from tael.codecs.iso8583_messages import (
    Acceptor,
    FinancialRequest,
    Inquiry,
    LocalTime,
    MessageKey,
    Pan,
    Processing,
    Reversal,
)
from tael.kernel.clock import SHANGHAI
from tael.rails.operations import Operation
from tael.rails.states import OperationKind

ACQUIRER: Final = "99900001"
"""Our institution number at the switch (field 32)."""

TERMINAL: Final = "TAEL0001"
MERCHANT: Final = "TAEL WALLET"

MCC_WALLET_LOAD: Final = "6540"
"""Filling a wallet: issuers tell it from shopping by this category."""
MCC_PAYOUT: Final = "6012"
"""A financial institution's own service."""

_LABEL_MAX: Final = 40

_PROCESSING: Final = {
    OperationKind.TOP_UP: Processing.PURCHASE,
    OperationKind.PAYMENT: Processing.PURCHASE,
    OperationKind.WITHDRAWAL: Processing.ORIGINAL_CREDIT,
    OperationKind.REFUND: Processing.REFUND,
}


def financial(operation: Operation, pan: Pan) -> FinancialRequest:
    """The request that moves the money; every sending of it is the same."""
    return FinancialRequest(
        key=key(operation),
        pan=pan,
        processing=_PROCESSING[operation.kind],
        amount=operation.amount,
        local=LocalTime.of(operation.began_at.astimezone(SHANGHAI)),
        acceptor=_acceptor(operation),
        reference=retrieval_reference(operation.transmitted_at, operation.stan),
    )


def reversal(operation: Operation, pan: Pan) -> Reversal:
    """The message that undoes it; a repeat says so, and keeps its key."""
    assert operation.reversal_stan is not None, "a reversal is named before it is sent"
    assert operation.reversal_at is not None
    request = financial(operation, pan)
    return Reversal(
        key=MessageKey.of(operation.reversal_stan, operation.reversal_at, ACQUIRER),
        original=request.original,
        pan=pan,
        processing=request.processing,
        amount=request.amount,
        local=request.local,
        acceptor=request.acceptor,
        reference=request.reference,
        repeat=operation.attempts > 1,
    )


def inquiry(operation: Operation, pan: Pan, *, stan: int, now: datetime) -> Inquiry:
    """The question what became of it. Each question has its own key."""
    return Inquiry(
        key=MessageKey.of(stan, now, ACQUIRER), original=financial(operation, pan).original
    )


def key(operation: Operation) -> MessageKey:
    """What the switch knows the request by (fields 11, 7 and 32)."""
    return MessageKey.of(operation.stan, operation.transmitted_at, ACQUIRER)


def _acceptor(operation: Operation) -> Acceptor:
    # Field 43 is ASCII. What does not fit its characters is left out, never guessed.
    label = operation.acceptor.encode("ascii", "ignore").decode()
    printable = " ".join(word for word in label.split() if word.isprintable())
    return Acceptor(
        terminal=TERMINAL,
        merchant=MERCHANT,
        label=printable[:_LABEL_MAX].strip() or MERCHANT,
        mcc=operation.mcc,
    )


def retrieval_reference(at: datetime, stan: int) -> str:
    """Field 37: last digit of the year, day of the year, hour, trace number."""
    return f"{at:%y}"[1:] + f"{at:%j%H}{stan:06}"
