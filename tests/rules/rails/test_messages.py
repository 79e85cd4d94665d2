"""Operations as messages: the same operation is the same octets, however often it is sent."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from tael.codecs.iso8583_messages import Pan, Processing, encode
from tael.kernel.money import CNY, Money
from tael.rails.messages import MERCHANT, financial, inquiry, key, reversal
from tael.rails.operations import Operation, OperationId
from tael.rails.states import OperationKind, OperationState

AT = datetime(2026, 3, 10, 16, 30, 15, tzinfo=UTC)
PAN = Pan("9991010000000000016")
OPERATION = Operation(
    id=OperationId(UUID(int=1)),
    kind=OperationKind.TOP_UP,
    state=OperationState.SENT,
    holder=UUID(int=2),
    reference=UUID(int=3),
    amount=Money(12_345, CNY),
    acceptor="TAEL WALLET TOP-UP",
    mcc="6540",
    stan=42,
    transmitted_at=AT,
    began_at=AT,
    final_by=AT,
    attempts=1,
    response_code=None,
    reversal_stan=43,
    reversal_at=AT,
)


def test_every_sending_of_a_request_is_the_same_octets() -> None:
    first = encode(financial(OPERATION, PAN))
    later = replace(OPERATION, attempts=9, state=OperationState.UNKNOWN)
    assert encode(financial(later, PAN)) == first


def test_the_request_says_what_the_operation_says() -> None:
    request = financial(OPERATION, PAN)
    assert (request.key.stan, request.key.transmitted_at) == ("000042", "0310163015")
    assert request.processing is Processing.PURCHASE
    assert request.amount == Money(12_345, CNY)
    assert (request.local.date, request.local.time) == ("0311", "003015"), "Shanghai's clock"
    assert request.reference == "606916000042"


def test_money_to_a_card_is_an_original_credit() -> None:
    payout = replace(OPERATION, kind=OperationKind.WITHDRAWAL)
    assert financial(payout, PAN).processing is Processing.ORIGINAL_CREDIT


def test_a_reversal_keeps_its_key_and_says_when_it_is_a_repeat() -> None:
    first, second = (reversal(replace(OPERATION, attempts=n), PAN) for n in (1, 2))
    assert first.key == second.key != key(OPERATION)
    assert first.original.key == key(OPERATION)
    assert (first.repeat, second.repeat) == (False, True)


def test_a_question_has_a_key_of_its_own() -> None:
    question = inquiry(OPERATION, PAN, stan=44, now=AT)
    assert (question.key.stan, question.original.key) == ("000044", key(OPERATION))


@pytest.mark.parametrize(
    ("acceptor", "label"),
    [
        ("示例面馆 Demo Noodles", "Demo Noodles"),
        ("示例面馆", MERCHANT),
        ("x" * 50, "x" * 40),
        ("Café", "Caf"),
        (" a  b ", "a b"),
    ],
)
def test_the_statement_shows_what_of_a_name_is_ascii(acceptor: str, label: str) -> None:
    assert financial(replace(OPERATION, acceptor=acceptor), PAN).acceptor.label == label
